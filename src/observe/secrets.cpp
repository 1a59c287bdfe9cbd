#include "observe/secrets.h"

#include <algorithm>

#include "base/percent.h"

namespace syncline::observe {
namespace {

bool same_letter(char a, char b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return lower(a) == lower(b);
}

// Removes the word after each `mark`, if it has `least` bytes or more. Capital and small letters are the same.
void remove_after(std::string& text, std::string_view mark, std::size_t least = 1) {
  std::size_t from = 0;
  for (;;) {
    const auto found = std::search(text.begin() + static_cast<std::ptrdiff_t>(from), text.end(),
                                   mark.begin(), mark.end(), same_letter);
    if (found == text.end()) return;
    const std::size_t begin = static_cast<std::size_t>(found - text.begin()) + mark.size();
    const std::size_t end = std::min(text.find_first_of(" &#\"'\t\r\n", begin), text.size());
    if (end >= begin + least) text.replace(begin, end - begin, Secrets::kRemoved);
    from = begin;
  }
}

void remove_all(std::string& text, std::string_view secret) {
  for (std::size_t at = text.find(secret); at != text.npos;
       at = text.find(secret, at + Secrets::kRemoved.size()))
    text.replace(at, secret.size(), Secrets::kRemoved);
}

bool is_base64url(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '_';
}

// Removes what looks like a signed token: `{"` in base64url, and what follows up to a letter that no
// such token has.
void remove_signed_tokens(std::string& text) {
  constexpr std::string_view kBegin = "eyJ";
  constexpr std::size_t kLeastDots = 2;
  std::size_t end = 0;
  for (std::size_t at = 0; (at = text.find(kBegin, end)) != text.npos;) {
    end = at;
    while (end < text.size() && (is_base64url(text[end]) || text[end] == '.')) ++end;
    const auto dots = std::ranges::count(std::string_view(text).substr(at, end - at), '.');
    if (static_cast<std::size_t>(dots) < kLeastDots) continue;
    text.replace(at, end - at, Secrets::kRemoved);
    end = at + Secrets::kRemoved.size();
  }
}

}  // namespace

Secrets::Secrets(const std::vector<std::string>& secrets) {
  for (const std::string& secret : secrets) {
    if (secret.empty()) continue;
    known_.push_back(secret);
    known_.push_back(percent_encode(secret));
  }
  std::ranges::sort(known_, [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string Secrets::cleaned(std::string_view text) const {
  std::string clean(text);
  for (const std::string& secret : known_) {
    if (secret.size() >= kLeastBytes)
      remove_all(clean, secret);
    else if (clean == secret)
      clean = kRemoved;
  }
  remove_after(clean, "token=");
  remove_after(clean, "bearer ");
  remove_after(clean, "syncline.token.");
  // Ids of keys and tickets have 16 characters, and are no secrets.
  remove_after(clean, "slk_", 17);
  remove_after(clean, "slt_", 17);
  remove_signed_tokens(clean);
  return clean;
}

}  // namespace syncline::observe
