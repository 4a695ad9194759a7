# SPDX-License-Identifier: Apache-2.0
# Read by the assembler in front of every source of the library OS (cmake/boards). Code of a program lies within 1 MiB,
# which one `jal` reaches. Without these the assembler writes two instructions a call and leaves it to the linker to
# take one back, which is forbidden, for sizes are known before linking. A target that is too far is a linker's error.
	.macro call first, second
	.ifb \second
	jal ra, \first
	.else
	jal \first, \second
	.endif
	.endm

	.macro tail target
	j \target
	.endm
