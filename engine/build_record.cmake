# The compiler and the source digest of _native, compiled into it: `obengine._native.build_record()`.
#
# The digest is the sha256 of the output of `sha256sum` for the sources, sorted by name, run in this folder:
#   LC_ALL=C ls CMakeLists.txt build_record.cmake bindings* include/obengine/*/* | LC_ALL=C sort | xargs sha256sum | sha256sum
file(GLOB record_sources RELATIVE "${CMAKE_CURRENT_SOURCE_DIR}" CONFIGURE_DEPENDS
  CMakeLists.txt build_record.cmake bindings*.cpp bindings*.hpp include/obengine/*/*.hpp)
list(SORT record_sources)
set(record_lines "")
foreach(name IN LISTS record_sources)
  file(SHA256 "${CMAKE_CURRENT_SOURCE_DIR}/${name}" record_digest)
  string(APPEND record_lines "${record_digest}  ${name}\n")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${name}")
endforeach()
string(SHA256 record_digest "${record_lines}")
set(record_compiler "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} $<CONFIG>")
if(OBENGINE_NATIVE)
  string(APPEND record_compiler " -march=native")
endif()
if(OBENGINE_SANITIZE)
  string(APPEND record_compiler " -fsanitize=${OBENGINE_SANITIZE}")
endif()
set_property(SOURCE bindings.cpp APPEND PROPERTY COMPILE_DEFINITIONS
  "OBENGINE_COMPILER=\"${record_compiler}\"" "OBENGINE_SOURCES_DIGEST=\"${record_digest}\"")
