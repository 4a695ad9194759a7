# SPDX-License-Identifier: Apache-2.0
# Puts a kit together from a board's build tree: cmake -DBUILD= -DSOURCE= -DKIT= -DPROGRAMS= -DFILES= -P assemble.cmake
file(MAKE_DIRECTORY ${KIT})
foreach(file IN LISTS FILES)
  file(COPY ${file} DESTINATION ${KIT})
endforeach()

# The call graphs of a program: everything compiled in this tree but the other programs' own sources.
file(GLOB_RECURSE graphs RELATIVE ${BUILD} ${BUILD}/*.ci)
list(FILTER graphs INCLUDE REGEX "(^|/)CMakeFiles/[^/]+\\.dir/") # not CMake's own trials, nor a kit that lies here
list(FILTER graphs EXCLUDE REGEX "tinyml_device_headers\\.dir/")
foreach(program IN LISTS PROGRAMS)
  file(COPY ${BUILD}/${program}.o DESTINATION ${KIT})
  file(REMOVE_RECURSE ${KIT}/callgraph/${program})
  foreach(graph IN LISTS graphs)
    if(graph MATCHES "(^|/)(program|boot)_" AND NOT graph MATCHES "(^|/)program_${program}\\.dir/")
      continue()
    endif()
    string(REPLACE "/" "." flat "${graph}")
    string(REGEX REPLACE "CMakeFiles\\.|\\.dir" "" flat "${flat}")
    configure_file(${BUILD}/${graph} ${KIT}/callgraph/${program}/${flat} COPYONLY)
  endforeach()
endforeach()

file(GLOB_RECURSE headers RELATIVE ${SOURCE} ${SOURCE}/base/*.hpp ${SOURCE}/kernels/*.hpp)
foreach(header IN LISTS headers)
  configure_file(${SOURCE}/${header} ${KIT}/include/${header} COPYONLY)
endforeach()
# Last, since a folder with a kit.json is a kit.
file(COPY ${BUILD}/kit.json DESTINATION ${KIT})
