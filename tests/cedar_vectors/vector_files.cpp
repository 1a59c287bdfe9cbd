#include "vector_files.h"

#include <zstd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string_view>

namespace syncline::testing {

namespace {

constexpr std::size_t kTarBlock = 512;

[[noreturn]] void stop(const char* reason) {
  std::fprintf(stderr, "%s\n", reason);
  std::exit(1);
}

std::string unpack(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) stop("the archive cannot be read");
  const std::string packed{std::istreambuf_iterator<char>(file), {}};
  const auto size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (size == ZSTD_CONTENTSIZE_ERROR || size == ZSTD_CONTENTSIZE_UNKNOWN) stop("not zstd");
  std::string tar(size, '\0');
  if (ZSTD_decompress(tar.data(), tar.size(), packed.data(), packed.size()) != tar.size())
    stop("the archive is damaged");
  return tar;
}

std::string field(std::string_view block, std::size_t at, std::size_t size) {
  const std::string_view bytes = block.substr(at, size);
  return std::string(bytes.substr(0, bytes.find('\0')));
}

}  // namespace

std::map<std::string, std::string> read_packed_files(const std::string& path) {
  const std::string tar = unpack(path);
  std::map<std::string, std::string> files;
  std::string_view rest = tar;
  while (rest.size() >= kTarBlock && rest[0] != '\0') {
    const std::string prefix = field(rest, 345, 155);
    const std::string name = (prefix.empty() ? "" : prefix + "/") + field(rest, 0, 100);
    const std::size_t size = std::stoul(field(rest, 124, 12), nullptr, 8);
    const std::size_t padded = (size + kTarBlock - 1) / kTarBlock * kTarBlock;
    if (rest.size() < kTarBlock + padded) stop("the archive is cut");
    files.emplace(name, rest.substr(kTarBlock, size));
    rest.remove_prefix(kTarBlock + padded);
  }
  return files;
}

}  // namespace syncline::testing
