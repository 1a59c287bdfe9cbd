// DatabaseLog: RocksDB's own log, as reports of the store. For this folder only.
//
// It replaces the file LOG that RocksDB writes by default. RocksDB 7.8 counts on a writer of a file
// not being used again after a write failed, and asserts it; but its logger goes on after an error.
// Debian builds RocksDB with assertions. So two lines on a disk that fails all writes (or has no
// space at all) ended the process with abort(), at the moment when it had to refuse changes, report
// the reason and end in order. Besides, the operator reads warnings here, and not in another file.
//
// Thread-safety: any thread, as RocksDB requires.
#pragma once

#include <rocksdb/env.h>

#include <cstdarg>

#include "observe/report.h"

namespace syncline::backend::store {

class DatabaseLog final : public rocksdb::Logger {
 public:
  // Without a sink, it says nothing. Otherwise the sink must outlive the database.
  explicit DatabaseLog(observe::Sink* reports)
      : Logger(rocksdb::WARN_LEVEL), reporter_(reports, observe::Area::kStore) {}

  using Logger::Logv;
  void Logv(rocksdb::InfoLogLevel level, const char* format, std::va_list arguments) override;
  // Headers list every option.
  void LogHeader(const char*, std::va_list) override {}

 private:
  observe::Reporter reporter_;
};

}  // namespace syncline::backend::store
