# What nearly every file includes is read once for all of them: it takes a third of a build's time otherwise.
# Each file includes what it uses all the same: `.ci/run tidy tidy-rest` reads them without.
file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/precompiled.cc CONTENT "")

# Nothing with objects of its own (iostream, Asio, CLI11): each file would get them.
set(common <algorithm> <array> <chrono> <cstdint> <filesystem> <functional> <map> <memory> <mutex> <optional> <span>
  <string> <string_view> <utility> <variant> <vector> <fmt/format.h> <tl/expected.hpp>)

# A precompiled header is taken only where all that it asked for is defined alike.
target_compile_definitions(ferryman_flags INTERFACE $<TARGET_PROPERTY:fmt::fmt,INTERFACE_COMPILE_DEFINITIONS>)

# The common headers and these, for layers to reuse.
function(ferryman_precompile name)
  add_library(${name} OBJECT ${CMAKE_BINARY_DIR}/precompiled.cc)
  target_link_libraries(${name} PRIVATE ferryman_flags fmt::fmt tl::expected)
  target_precompile_headers(${name} PRIVATE ${common} ${ARGN})
endfunction()

ferryman_precompile(ferryman_precompiled)
ferryman_precompile(ferryman_json_precompiled <nlohmann/json.hpp>)
ferryman_precompile(ferryman_net_precompiled <boost/asio/awaitable.hpp> <boost/asio/co_spawn.hpp>
  <boost/asio/io_context.hpp> <boost/asio/ip/tcp.hpp> <boost/asio/ip/udp.hpp> <boost/asio/redirect_error.hpp>
  <boost/asio/steady_timer.hpp> <boost/asio/use_awaitable.hpp> <openssl/ssl.h>)

if(FERRYMAN_TESTS)
  # What is tested is optimized; optimizing the tests' own code would take half of the build's time.
  add_library(tests_flags INTERFACE)
  target_compile_options(tests_flags INTERFACE $<$<CONFIG:RelWithDebInfo>:-O0;-U_FORTIFY_SOURCE>)

  # A program, as the tests are: with -fPIE.
  add_executable(tests_precompiled ${CMAKE_BINARY_DIR}/precompiled.cc)
  target_link_libraries(tests_precompiled PRIVATE ferryman_flags tests_flags fmt::fmt tl::expected GTest::gmock GTest::gtest_main)
  target_precompile_headers(tests_precompiled PRIVATE ${common} <gmock/gmock.h> <gtest/gtest.h>)
endif()
