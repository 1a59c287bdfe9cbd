// Measures documents as Markdown and HTML: a PUT of 100 KB in which one word differs, and reading the same.
//
//   forms_bench

#include <benchmark/benchmark.h>

#include <string>

#include "forms/form.h"
#include "forms/put.h"

namespace syncline::forms::bench {
namespace {

std::string markdown() {
  std::string text = "# Title\n";
  for (int i = 0; text.size() < 100'000; ++i)
    text += "\nParagraph " + std::to_string(i) + " has some words, and **bold** ones at its end.\n";
  return text;
}

void PutOneWord(benchmark::State& state) {
  std::string text = markdown();
  crdt::Doc doc({.client_id = 1});
  put_form(doc, {.root = "default"}, text).value();
  const std::size_t at = text.find("has some", text.size() / 2);
  bool other = false;
  for (auto _ : state) {
    text.replace(at, 3, other ? "has" : "had");
    other = !other;
    put_form(doc, {}, text).value();
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(PutOneWord)->Unit(benchmark::kMillisecond);

void Show(benchmark::State& state) {
  const std::string text = markdown();
  crdt::Doc doc({.client_id = 1});
  put_form(doc, {.root = "default"}, text).value();
  const auto form = static_cast<Form>(state.range(0));
  state.SetLabel(std::string(to_string(form)));
  for (auto _ : state)
    benchmark::DoNotOptimize(write_form(doc, {.form = form}, std::size_t{1} << 30).value());
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK(Show)
    ->Arg(static_cast<int>(Form::kText))
    ->Arg(static_cast<int>(Form::kXml))
    ->Arg(static_cast<int>(Form::kHtml))
    ->Arg(static_cast<int>(Form::kMarkdown))
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace syncline::forms::bench
