# The commands people use; CMake does the work. `make help` lists them.
.DEFAULT_GOAL := build
JOBS ?= $(shell nproc)
FUZZ_SECONDS ?= 60
export TINYML_DATA_DIR

.PHONY: help setup build kits test lint fuzz bench bench-os bench-train costs soak demo clean

help: ## This list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 18

setup: ## Install the Debian packages that everything needs (sudo only when not root)
	@tools/setup

build: setup ## Build the host programs and the kits of all boards into build/
	@cmake --preset host
	@cmake --build --preset host -j $(JOBS)

kits: build

test: build ## Build and run all tests but the slow ones; formatting is checked first
	@tools/lint --format
	@ctest --preset host -LE slow -j $(JOBS)

lint: build ## clang-format and clang-tidy over everything
	@tools/lint

fuzz: setup ## Run every fuzzer for FUZZ_SECONDS
	@tools/fuzz $(FUZZ_SECONDS)

bench: build ## Measure sizes, memory, instructions and speed; records in build/
	@tools/bench

bench-os: build ## Measure the library OS: bytes by room, time to the first frame, memory; records in build/
	@tools/bench-os

bench-train: build ## Measure training steps, beside PyTorch where it is installed; records in build/
	@tools/bench-train

costs: build ## Measure single kernels again: the table behind the estimates of `tinyml plan`
	@tools/costs

soak: build ## The slow tests
	@ctest --preset host -L slow

demo: setup ## Order MNIST for a virtual microcontroller, deliver it, run it, prove it
	@cmake --preset host
	@cmake --build --preset host -j $(JOBS) --target tinyml kits
	@build/host/bin/tinyml demo $(if $(KEEP),--keep) --output build/demo.json

clean: ## Remove everything that was built
	@rm -rf build
