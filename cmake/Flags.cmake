add_library(ferryman_flags INTERFACE)
target_compile_options(ferryman_flags INTERFACE -Wall -Wextra $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor>
  $<$<CXX_COMPILER_ID:GNU>:-Wshadow=local>
  $<$<CXX_COMPILER_ID:Clang>:-Wno-missing-designated-field-initializers;-Wno-missing-field-initializers;-Wno-unknown-warning-option>)
if(FERRYMAN_WERROR)
  target_compile_options(ferryman_flags INTERFACE -Werror)
endif()
target_compile_definitions(ferryman_flags INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_DATE_TIME
  # How many freed handlers and coroutine frames of each kind a thread keeps for reuse: as many as are under
  # way at once on a busy worker.
  BOOST_ASIO_RECYCLING_ALLOCATOR_CACHE_SIZE=128)
if(FERRYMAN_PLAIN_ASIO_WAITS)
  target_compile_definitions(ferryman_flags INTERFACE FERRYMAN_PLAIN_ASIO_WAITS)
endif()

if(FERRYMAN_SANITIZE)
  add_compile_options(-fsanitize=${FERRYMAN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  add_link_options(-fsanitize=${FERRYMAN_SANITIZE})
  # Asio keeps freed coroutine frames for reuse, which would hide a use after free from ASan.
  target_compile_definitions(ferryman_flags INTERFACE BOOST_ASIO_DISABLE_AWAITABLE_FRAME_RECYCLING)
  if(FERRYMAN_SANITIZE MATCHES thread AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(ferryman_flags INTERFACE -Wno-tsan)
  endif()
  # The code that sanitizers put in leads g++ to ways that there are not.
  if(CMAKE_CXX_COMPILER_ID STREQUAL GNU)
    target_compile_options(ferryman_flags INTERFACE -Wno-maybe-uninitialized)
  endif()
endif()
if(FERRYMAN_FUZZ)
  # The function sanitizer of clang 14 does not go with coroutines ("difference across sections").
  add_compile_options(-fsanitize=fuzzer-no-link -fno-sanitize=function)
endif()
if(CMAKE_BUILD_TYPE STREQUAL Release OR CMAKE_BUILD_TYPE STREQUAL RelWithDebInfo)
  if(NOT FERRYMAN_SANITIZE)
    add_compile_options(-D_FORTIFY_SOURCE=2 -fstack-protector-strong -fcf-protection)
    add_link_options(-Wl,-z,relro,-z,now)
  endif()
endif()
