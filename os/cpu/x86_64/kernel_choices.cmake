# SPDX-License-Identifier: Apache-2.0
# Kernels beyond a board's own that its processor may turn out to execute (docs/kit.md). Slowest first.
set(avx2_choice "{ \"isa\": \"avx2\", \"extensions\": [\"avx2\"], \"compile_flags\": [\"-mavx2\"] }")
set(avx512_choice "{ \"isa\": \"avx512vnni\",
      \"extensions\": [\"avx2\", \"avx512f\", \"avx512bw\", \"avx512vl\", \"avx512dq\", \"avx512vnni\"],
      \"compile_flags\": [\"-mavx512f\", \"-mavx512bw\", \"-mavx512vl\", \"-mavx512dq\", \"-mavx512vnni\"] }")
