# SPDX-License-Identifier: Apache-2.0
# Fails when a program's object wants a symbol that neither a module nor a linker script will give it. Symbols that
# only collected functions wanted are still listed by the linker; they are taken off the list first, for they would
# pull library functions into the image. All other names stay, for debuggers and backtraces.
function(unexpected_symbols result)
  execute_process(COMMAND ${NM} -u ${OBJECT} OUTPUT_VARIABLE listing COMMAND_ERROR_IS_FATAL ANY)
  string(REGEX MATCHALL "[^ \n\t]+\n" symbols "${listing}")
  set(unexpected "")
  foreach(symbol IN LISTS symbols)
    string(STRIP "${symbol}" symbol)
    if(NOT symbol MATCHES "^tinyml_(module_|training_|text_|stack_|data_|zero_|boot_|needed_|role$|retained$|fault_frame$)")
      list(APPEND unexpected ${symbol})
    endif()
  endforeach()
  set(${result} ${unexpected} PARENT_SCOPE)
endfunction()

# Takes names off the list that no relocation uses; false when there is another among them.
function(strip_names result)
  list(TRANSFORM ARGN PREPEND --strip-symbol=)
  execute_process(COMMAND ${OBJCOPY} ${ARGN} ${OBJECT} RESULT_VARIABLE status ERROR_QUIET)
  if(status EQUAL 0)
    set(${result} TRUE PARENT_SCOPE)
  else()
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()

unexpected_symbols(unwanted)
strip_names(stripped ${unwanted})
if(NOT stripped) # one by one, so that only what is used is left to be told
  foreach(name IN LISTS unwanted)
    strip_names(ignored ${name})
  endforeach()
endif()
unexpected_symbols(unexpected)
if(unexpected)
  file(REMOVE ${OBJECT})
  list(JOIN unexpected ", " text)
  message(FATAL_ERROR "${OBJECT} uses what no device has: ${text}. Find the caller in the .map file beside it; "
    "the standard library's throwing and allocating functions are not available to device code.")
endif()
