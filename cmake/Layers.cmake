# One static library per folder of src/. A layer sees its own headers and those of the layers it
# names, nothing else: every layer has an include root that holds only itself, and hands on no other's, so a
# wrong include does not build. A header that includes another layer's makes its users name that layer, too.
#
#   ferryman_layer(NAME [USES layer...] [LINKS target...] [TEST_USES layer...] [TEST_LINKS target...])
#
# Takes every *.cc of the folder, except main.cc, *_test.cc (one test program a folder, NAME_test) and
# *_fuzz.cc (one libFuzzer program each). tests/lint_layers reads these calls.
function(ferryman_layer name)
  cmake_parse_arguments(ARG "" "" "USES;LINKS;TEST_USES;TEST_LINKS" ${ARGN})
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
  list(TRANSFORM ARG_TEST_USES PREPEND ferryman_)

  # PRIVATE: who uses this layer links what it uses, and does not see it.
  add_library(ferryman_${name} STATIC ${sources})
  target_include_directories(ferryman_${name} PUBLIC ${root})
  target_link_libraries(ferryman_${name} PUBLIC ${ARG_LINKS} PRIVATE ${ARG_USES} ferryman_flags)
  set_target_properties(ferryman_${name} PROPERTIES FERRYMAN_USES "${ARG_USES}")
  if(nlohmann_json::nlohmann_json IN_LIST ARG_LINKS)
    target_precompile_headers(ferryman_${name} REUSE_FROM ferryman_json_precompiled)
  elseif(name STREQUAL net OR ferryman_net IN_LIST ARG_USES)
    target_precompile_headers(ferryman_${name} REUSE_FROM ferryman_net_precompiled)
  else()
    target_precompile_headers(ferryman_${name} REUSE_FROM ferryman_precompiled)
  endif()

  if(FERRYMAN_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_compile_definitions(${name}_test PRIVATE TESTDATA="${dir}/testdata")
    target_link_libraries(${name}_test PRIVATE tests_flags)
    ferryman_sees(${name}_test ${name})
    target_link_libraries(${name}_test PRIVATE ${ARG_TEST_USES} ${ARG_TEST_LINKS} GTest::gmock GTest::gtest_main)
    target_precompile_headers(${name}_test REUSE_FROM tests_precompiled)
    add_test(NAME ${name} COMMAND ${name}_test)
    set_tests_properties(${name} PROPERTIES TIMEOUT 600 LABELS unit PROCESSORS 2)  # of tests/CMakeLists.txt
    set_property(GLOBAL APPEND PROPERTY FERRYMAN_UNITS ${name}_test)
  endif()

  if(FERRYMAN_FUZZ)
    foreach(file ${fuzzers})
      get_filename_component(fuzzer ${file} NAME_WE)
      add_executable(${fuzzer} ${file})
      ferryman_sees(${fuzzer} ${name})
      target_link_libraries(${fuzzer} PRIVATE ${ARG_TEST_USES} -fsanitize=fuzzer)
      set_property(GLOBAL APPEND PROPERTY FERRYMAN_FUZZERS ${fuzzer})
      add_test(NAME fuzz.${fuzzer}
        COMMAND ${CMAKE_SOURCE_DIR}/tests/fuzz_briefly $<TARGET_FILE:${fuzzer}>
                ${dir}/testdata/${fuzzer})
      set_tests_properties(fuzz.${fuzzer} PROPERTIES TIMEOUT 120 LABELS fuzz)
    endforeach()
  endif()
endfunction()

# Lets a program, test or library include and link a layer and what that layer uses.
function(ferryman_sees target name)
  get_target_property(uses ferryman_${name} FERRYMAN_USES)
  target_link_libraries(${target} PRIVATE ferryman_${name} ${uses} ferryman_flags)
endfunction()
