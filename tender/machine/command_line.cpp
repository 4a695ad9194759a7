// SPDX-License-Identifier: Apache-2.0
#include "tender/machine/command_line.hpp"

#include "tender/machine/board_models.hpp"

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sstream>
#include <unistd.h>

namespace tinyml::tender {
namespace {

namespace fs = std::filesystem;
using Arguments = std::vector<std::string>;

/// Nor can a guest start processes.
constexpr const char *kSandbox =
    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny";

bool is_in_path(std::string_view program) {
  const char *path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "/usr/local/bin:/usr/bin:/bin" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    if (::access((fs::path(folder) / program).c_str(), X_OK) == 0) {
      return true;
    }
  }
  return false;
}

/// In QEMU's option lists a comma ends a value; a doubled one stands for itself.
std::string escaped(const fs::path &path) {
  std::string text;
  for (const char c : path.string()) {
    text.append(c == ',' ? 2 : 1, c);
  }
  return text;
}

constexpr std::string_view kBootloader = "boot.elf";

Expected<void> check_files(const MachineConfig &config, const BoardModel &board) {
  std::error_code error;
  const bool boots_itself = !board.monitor.empty() && config.program.filename() == kBootloader;
  if (!boots_itself && !fs::is_regular_file(config.program, error)) {
    return fail(ErrorCode::kNotFound, "the program '" + config.program.string() + "' for board " +
                                          config.board +
                                          " is not there; `make kits` builds the boards' programs");
  }
  const std::uintmax_t size = fs::file_size(config.store, error);
  if (error) {
    return fail(ErrorCode::kNotFound, "cannot read the device's store '" + config.store.string() +
                                          "': " + error.message());
  }
  const bool longer = board.takes_sparse_store && size > board.memory_bytes &&
                      size <= kLargestStoreBytes && size % board.sector_bytes == 0;
  if (size != board.memory_bytes && !longer) {
    return fail(ErrorCode::kInvalidInput,
                "the store '" + config.store.string() + "' is " + std::to_string(size) +
                    " bytes long, but the store of board " + config.board + " has " +
                    std::to_string(board.memory_bytes) + "; was it made for another board?");
  }
  return {};
}

std::string gdb_address(const MachineConfig &config) {
  return "127.0.0.1:" + std::to_string(*config.gdb_port);
}

Arguments hosted_command(const MachineConfig &config, const BoardModel &board) {
  const fs::path program = fs::absolute(config.program);
  const bool alone = board.hosting_program.empty() || program.filename() == board.hosting_program;
  Arguments argv{alone ? program.string()
                       : (program.parent_path() / board.hosting_program).string(),
                 "--store", config.store.string()};
  if (!alone) {
    argv.insert(argv.end(), {"--program", program.string()});
  }
  if (config.udp_port) {
    argv.insert(argv.end(), {"--bind", "127.0.0.1:" + std::to_string(*config.udp_port)});
  }
  if (config.gdb_port) {
    argv.insert(argv.begin(), {"gdbserver", "--once", gdb_address(config)});
  }
  return argv;
}

/// `name` in the folder of the running program, or in bin/ there or above: of an installation or of
/// the build tree. The bare name, for PATH, when it is not there.
std::string program_of_ours(std::string_view name) {
  std::error_code error;
  fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (; !folder.empty(); folder = folder.parent_path()) {
    for (const fs::path &candidate : {folder / name, folder / "bin" / name}) {
      if (::access(candidate.c_str(), X_OK) == 0) {
        return candidate.string();
      }
    }
    if (folder == folder.root_path()) {
      break;
    }
  }
  return std::string(name);
}

/// The monitor is the bootloader: a kit's is no file, and any other program runs alone.
Arguments monitor_command(const MachineConfig &config, const BoardModel &board) {
  Arguments argv{program_of_ours(board.monitor), "--store", config.store.string()};
  if (config.program.filename() != kBootloader) {
    argv.insert(argv.end(), {"--kernel", config.program.string()});
  }
  if (config.switch_port) {
    argv.insert(argv.end(), {"--switch-port", std::to_string(*config.switch_port)});
  }
  if (config.gdb_port) {
    argv.insert(argv.end(), {"--gdb", std::to_string(*config.gdb_port)});
  }
  if (config.memory_bytes) {
    argv.insert(argv.end(), {"--memory", std::to_string(*config.memory_bytes >> 10U) + "K"});
  }
  return argv;
}

/// The file as memory of the machine, as the bank of NOR flash that no firmware starts from, or as
/// a card.
Arguments store_arguments(const MachineConfig &config, const BoardModel &board) {
  if (board.machine.find("memory-backend=store") != std::string_view::npos) {
    return {"-object",
            "memory-backend-file,id=store,share=on,size=" + std::to_string(board.memory_bytes) +
                ",mem-path=" + escaped(config.store)};
  }
  return {"-drive", "if=" + std::string(board.drive) + ",format=raw,unit=" +
                        std::to_string(board.flash_unit) + ",file=" + escaped(config.store)};
}

/// What the programmer has written so far; a new device's flash is blank.
Arguments flash_arguments(const MachineConfig &config, const BoardModel &board) {
  std::error_code error;
  if (!board.flash || !fs::exists(flash_file(config), error)) {
    return {};
  }
  return {"-device", "loader,force-raw=on,addr=" + std::to_string(board.flash->address) +
                         ",file=" + escaped(flash_file(config))};
}

/// One frame per datagram; the local port is any free one, the switch learns it from the first
/// frame. A hub without other ports is a cable that is not plugged in.
Arguments network_arguments(const MachineConfig &config, const BoardModel &board) {
  if (!board.has_network) {
    return {"-nic", "none"};
  }
  return {"-netdev",
          config.switch_port ? "dgram,id=net,local.type=inet,local.host=127.0.0.1,local.port=0,"
                               "remote.type=inet,remote.host=127.0.0.1,remote.port=" +
                                   std::to_string(*config.switch_port)
                             : "hubport,id=net,hubid=0",
          board.network_device.empty() ? "-net" : "-device",
          (board.network_device.empty() ? "nic" : std::string(board.network_device)) +
              ",netdev=net"};
}

Arguments serial_command(const MachineConfig &config, const BoardModel &board) {
  std::ostringstream address;
  address << std::hex << *board.flash_address;
  Arguments argv{program_of_ours("tinyml-serial-machine"), "--flash", config.store.string(),
                 "--address", address.str()};
  if (config.switch_port) {
    argv.insert(argv.end(), {"--switch", std::to_string(*config.switch_port)});
  }
  argv.insert(argv.end(),
              {"--", std::string(board.emulator), "-M", std::string(board.machine), "-display",
               "none", "-sandbox", kSandbox, "-kernel", config.program.string()});
  if (config.exact_instruction_counts) {
    argv.insert(argv.end(), {"-icount", "shift=0"});
  }
  return argv;
}

Arguments qemu_command(const MachineConfig &config, const BoardModel &board) {
  Arguments argv{std::string(board.emulator), "-M", std::string(board.machine)};
  argv.insert(argv.end(), board.more.begin(), board.more.end());
  const auto append = [&](const Arguments &more) {
    argv.insert(argv.end(), more.begin(), more.end());
  };
  append(store_arguments(config, board));
  append({"-display", "none", "-monitor", "none", "-serial", "stdio"});
  append({"-sandbox", kSandbox});
  append(network_arguments(config, board));
  append(board.loads_program
             ? Arguments{"-device", "loader,cpu-num=0,file=" + escaped(config.program)}
             : Arguments{"-kernel", config.program.string()});
  append(flash_arguments(config, board));
  if (config.exact_instruction_counts) {
    append({"-icount", "shift=0"});
  }
  if (config.restart_is_end) {
    append({"-no-reboot"});
  }
  if (config.gdb_port) {
    append({"-gdb", "tcp:" + gdb_address(config), "-S"});
  }
  if (config.trusted && !board.exit_option.empty()) {
    append({std::string(board.exit_option)});
  }
  return argv;
}

Failure<HostError> no_gdbserver() {
  return fail(ErrorCode::kUnavailable,
              "debugging a program of this host needs gdbserver, which is not "
              "installed: sudo apt-get install gdbserver (or run "
              "tools/setup)");
}

Failure<HostError> cannot_make(const fs::path &path, int error) {
  const ErrorCode code = error == EEXIST   ? ErrorCode::kConflict
                         : error == ENOSPC ? ErrorCode::kResourceFull
                                           : ErrorCode::kUnavailable;
  return fail(code, "cannot make the store file '" + path.string() + "': " + std::strerror(error));
}

} // namespace

std::vector<std::string> known_boards() {
  std::vector<std::string> names;
  for (const BoardModel &board : board_models()) {
    names.emplace_back(board.name);
  }
  return names;
}

Expected<hal::StoreInfo> store_geometry(std::string_view board) {
  const auto found = find_board(board);
  if (!found) {
    return Failure{found.error()};
  }
  return hal::StoreInfo{.size_bytes = static_cast<std::uint32_t>((*found)->store_bytes),
                        .sector_bytes = (*found)->sector_bytes,
                        .program_bytes = (*found)->program_bytes,
                        .recovery_bytes = (*found)->recovery_bytes};
}

Expected<std::uint64_t> store_bytes(std::string_view board) {
  const auto found = find_board(board);
  if (!found) {
    return Failure{found.error()};
  }
  return (*found)->store_bytes;
}

Expected<std::uint64_t> store_file_bytes(std::string_view board) {
  const auto found = find_board(board);
  if (!found) {
    return Failure{found.error()};
  }
  return (*found)->memory_bytes;
}

std::string missing_hardware(std::string_view board) {
  const auto found = find_board(board);
  if (!found || (*found)->monitor.empty() || ::access("/dev/kvm", R_OK | W_OK) == 0) {
    return "";
  }
  return "board " + std::string(board) + " needs /dev/kvm, and that cannot be used here (" +
         std::strerror(errno) +
         "); load the module kvm_intel or kvm_amd, or become a member of the group kvm";
}

std::optional<OutsideFlash> outside_flash(std::string_view board) {
  const auto found = find_board(board);
  return found ? (*found)->flash : std::nullopt;
}

fs::path flash_file(const MachineConfig &config) {
  fs::path path = config.store;
  return path += ".flash";
}

bool takes_sparse_store(std::string_view board) {
  const auto found = find_board(board);
  return found.ok() && (*found)->takes_sparse_store;
}

bool is_on_host_network(std::string_view board) {
  const auto found = find_board(board);
  return found.ok() && (*found)->on_host_network;
}

Expected<void> create_store(std::string_view board, const fs::path &path) {
  const auto size = store_bytes(board);
  const auto file_size = store_file_bytes(board);
  if (!size || !file_size) {
    return Failure{size ? file_size.error() : size.error()};
  }
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) {
    return cannot_make(path, errno);
  }
  const std::vector<char> erased(1 << 16, '\xFF');
  for (std::uint64_t done = 0; done < *size;) {
    const std::size_t part = std::min<std::uint64_t>(erased.size(), *size - done);
    const ssize_t written = ::write(fd, erased.data(), part);
    if (written < 0) {
      const int error = errno;
      ::close(fd);
      ::unlink(path.c_str());
      return cannot_make(path, error);
    }
    done += static_cast<std::uint64_t>(written);
  }
  const int extended = ::ftruncate(fd, static_cast<off_t>(*file_size));
  const int error = errno;
  ::close(fd);
  if (extended != 0) {
    ::unlink(path.c_str());
    return cannot_make(path, error);
  }
  return {};
}

Expected<Arguments> machine_command(const MachineConfig &config) {
  const auto board = find_board(config.board);
  if (!board) {
    return Failure{board.error()};
  }
  if (const auto files = check_files(config, **board); !files) {
    return Failure{files.error()};
  }
  if (const auto free = check_debugger(config.board); config.gdb_port && !free) {
    return Failure{free.error()};
  }
  if (std::string missing = missing_hardware(config.board); !missing.empty()) {
    return fail(ErrorCode::kUnavailable, std::move(missing));
  }
  if (!(*board)->monitor.empty()) {
    return monitor_command(config, **board);
  }
  if ((*board)->emulator.empty()) {
    return config.gdb_port && !is_in_path("gdbserver") ? Expected<Arguments>(no_gdbserver())
                                                       : hosted_command(config, **board);
  }
  if (!is_in_path((*board)->emulator)) {
    return fail(ErrorCode::kUnavailable,
                "board " + config.board + " needs the emulator " + std::string((*board)->emulator) +
                    ", which is not installed: sudo apt-get "
                    "install " +
                    std::string((*board)->package) + " (or run tools/setup)");
  }
  if ((*board)->flash_address) {
    return serial_command(config, **board);
  }
  return qemu_command(config, **board);
}

} // namespace tinyml::tender
