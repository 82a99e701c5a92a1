# One static library per folder of src/. A layer sees its own headers and those of the layers it
# names, nothing else: every layer has an include root that holds only itself, so a wrong include
# does not build.
#
#   ferryman_layer(NAME [USES layer...] [LINKS target...] [TEST_LINKS target...])
#
# Takes every *.cc of the folder, except main.cc, *_test.cc (one test program a folder, NAME_test) and
# *_fuzz.cc (one libFuzzer program each).
function(ferryman_layer name)
  cmake_parse_arguments(ARG "" "" "USES;LINKS;TEST_LINKS" ${ARGN})
  set(dir ${CMAKE_CURRENT_SOURCE_DIR}/${name})
  set(root ${CMAKE_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${root})
  if(NOT EXISTS ${root}/${name})
    file(CREATE_LINK ${dir} ${root}/${name} SYMBOLIC)
  endif()

  file(GLOB sources CONFIGURE_DEPENDS ${dir}/*.cc)
  file(GLOB tests CONFIGURE_DEPENDS ${dir}/*_test.cc)
  file(GLOB fuzzers CONFIGURE_DEPENDS ${dir}/*_fuzz.cc)
  list(REMOVE_ITEM sources ${tests} ${fuzzers} ${dir}/main.cc)
  list(TRANSFORM ARG_USES PREPEND ferryman_)

  set(kind PUBLIC)
  if(sources)
    add_library(ferryman_${name} STATIC ${sources})
    target_link_libraries(ferryman_${name} PRIVATE ferryman_flags)
  else()
    add_library(ferryman_${name} INTERFACE)
    set(kind INTERFACE)
  endif()
  target_include_directories(ferryman_${name} ${kind} ${root})
  if(ARG_USES OR ARG_LINKS)
    target_link_libraries(ferryman_${name} ${kind} ${ARG_USES} ${ARG_LINKS})
  endif()

  if(FERRYMAN_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_compile_definitions(${name}_test PRIVATE TESTDATA="${dir}/testdata")
    target_link_libraries(${name}_test PRIVATE ferryman_${name} ferryman_flags ${ARG_TEST_LINKS} GTest::gmock GTest::gtest_main)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 300 LABELS unit)
  endif()

  if(FERRYMAN_FUZZ)
    foreach(file ${fuzzers})
      get_filename_component(fuzzer ${file} NAME_WE)
      add_executable(${fuzzer} ${file})
      target_link_libraries(${fuzzer} PRIVATE ferryman_${name} ferryman_flags -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY FERRYMAN_FUZZERS ${fuzzer})
      add_test(NAME fuzz.${fuzzer}
        COMMAND ${CMAKE_SOURCE_DIR}/tests/fuzz_briefly $<TARGET_FILE:${fuzzer}>
                ${dir}/testdata/${fuzzer})
      set_tests_properties(fuzz.${fuzzer} PROPERTIES TIMEOUT 120 LABELS fuzz)
    endforeach()
  endif()
endfunction()
