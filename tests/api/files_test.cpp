#include <gtest/gtest.h>

#include <string>

#include "api/byte_range.h"
#include "api/file_types.h"
#include "api/files.h"
#include "api/tus.h"
#include "base/base64.h"
#include "base/sha256.h"
#include "log/file_store.h"
#include "support/test_api.h"

namespace syncline::testing {
namespace {

using namespace std::string_literals;

const std::string kFiles = "/v1/workspaces/w/files/";
const std::string kUploads = "/v1/workspaces/w/uploads/";
const std::string kTus = "Tus-Resumable: 1.0.0\r\n";
const std::string kPng = "\x89PNG\r\n\x1a\n and more"s;

class Files : public ::testing::Test {
 protected:
  std::shared_ptr<FakeAnswer> put(const std::string& object, const std::string& bytes,
                                  const std::string& headers = {}) {
    api_.body = bytes;
    auto answer = api_.ask("PUT", kFiles + object, headers);
    api_.body.clear();
    return answer;
  }
  std::shared_ptr<FakeAnswer> get(const std::string& object, const std::string& headers = {}) {
    return api_.ask("GET", kFiles + object, headers);
  }
  // Begins an upload, and gives its address.
  std::string begin(const std::string& object, const std::string& headers) {
    const auto answer = api_.ask("POST", kUploads + object, kTus + headers);
    EXPECT_EQ(answer->head->status, 201) << answer->body;
    const std::string location = answer->header("Location");
    EXPECT_TRUE(location.starts_with("./" + object + "?upload=")) << location;
    return kUploads + location.substr(2);
  }
  std::shared_ptr<FakeAnswer> send(const std::string& upload, std::size_t offset,
                                   const std::string& bytes, const std::string& headers = {}) {
    api_.body = bytes;
    auto answer =
        api_.ask("PATCH", upload,
                 kTus + "Content-Type: application/offset+octet-stream\r\nUpload-Offset: " +
                     std::to_string(offset) + "\r\n" + headers);
    api_.body.clear();
    return answer;
  }
  std::size_t chunks() { return api_.store.chunks().list()->size(); }

  TestApi api_;
};

TEST_F(Files, AFileIsGotAsItWasPut) {
  const auto made = put("logo", kPng, "Content-Type: image/png\r\n");
  EXPECT_EQ(made->head->status, 201) << made->body;
  EXPECT_NE(made->body.find(to_hex(sha256(as_bytes(kPng)))), std::string::npos);
  const auto got = get("logo");
  EXPECT_EQ(got->head->status, 200);
  EXPECT_EQ(got->body, kPng);
  EXPECT_EQ(got->header("Content-Type"), "image/png");
  EXPECT_EQ(got->header("Content-Disposition"), "inline");
  EXPECT_EQ(got->header("X-Content-Type-Options"), "nosniff");
  EXPECT_EQ(got->header("ETag"), made->header("ETag"));
  EXPECT_EQ(got->header("Repr-Digest"), "sha-256=:" + to_base64(sha256(as_bytes(kPng))) + ":");
  EXPECT_EQ(get("logo", "If-None-Match: " + got->header("ETag") + "\r\n")->head->status, 304);
  EXPECT_EQ(get("other")->head->status, 404);
}

TEST_F(Files, TheSameContentAgainIsNoEvent) {
  put("logo", kPng, "Content-Type: image/png\r\n");
  const auto again = put("logo", kPng, "Content-Type: image/png\r\n");
  EXPECT_EQ(again->head->status, 200);
  EXPECT_NE(again->body.find(R"("changed":false,"position":1)"), std::string::npos) << again->body;
  EXPECT_EQ(chunks(), 1U);
}

TEST_F(Files, AnEarlierVersionIsGotByItsPosition) {
  put("a", "one");
  put("a", "three");
  EXPECT_EQ(get("a")->body, "three");
  EXPECT_EQ(get("a?at=1")->body, "one");
  EXPECT_EQ(get("a?at=1")->header("Content-Type"), "application/octet-stream");
  EXPECT_EQ(chunks(), 2U);
}

TEST_F(Files, ConditionsAreMetOrNothingChanges) {
  const std::string etag = put("a", "one")->header("ETag");
  EXPECT_EQ(put("a", "two", "If-None-Match: *\r\n")->head->status, 412);
  EXPECT_EQ(put("a", "two", "If-Match: " + etag + "\r\n")->head->status, 200);
  EXPECT_EQ(put("a", "three", "If-Match: " + etag + "\r\n")->head->status, 412);
  EXPECT_EQ(get("a")->body, "two");
  EXPECT_EQ(chunks(), 2U);  // what was refused has left nothing
}

TEST_F(Files, ARangeIsAPartOfTheFile) {
  std::string bytes(log::kFileChunkBytes + 10, 'x');
  bytes.replace(log::kFileChunkBytes - 3, 6, "abcdef");
  const std::string etag = put("a", bytes)->header("ETag");
  const std::string around = "Range: bytes=1048573-1048578\r\n";
  const auto part = get("a", around);
  EXPECT_EQ(part->head->status, 206);
  EXPECT_EQ(part->body, "abcdef");
  EXPECT_EQ(part->header("Content-Range"), "bytes 1048573-1048578/1048586");
  EXPECT_EQ(part->head->length, 6U);
  EXPECT_EQ(get("a", "Range: bytes=-3\r\n")->body, "xxx");
  EXPECT_EQ(get("a", "Range: bytes=1048580-\r\n")->body, "xxxxxx");
  const auto behind = get("a", "Range: bytes=1048586-\r\n");
  EXPECT_EQ(behind->head->status, 416);
  EXPECT_EQ(behind->header("Content-Range"), "bytes */1048586");
  EXPECT_EQ(get("a", around + "If-Range: " + etag + "\r\n")->head->status, 206);
  EXPECT_EQ(get("a", around + "If-Range: \"99-file\"\r\n")->head->status, 200);
  EXPECT_EQ(get("a", "Range: bytes=0-1,4-5\r\n")->body.size(), bytes.size());
  const auto head = api_.ask("HEAD", kFiles + "a");
  EXPECT_EQ(head->head->length, bytes.size());
  EXPECT_TRUE(head->ended);
  EXPECT_EQ(head->body, "");
}

TEST_F(Files, ContentThatLiesIsRefusedAndLeavesNothing) {
  EXPECT_EQ(put("a", "<script>", "Content-Type: image/png\r\n")->head->status, 415);
  EXPECT_EQ(put("a", kPng, "Content-Type: text/plain\r\n")->head->status, 415);
  EXPECT_EQ(put("a", "x", "Content-Type: nonsense\r\n")->head->status, 400);
  EXPECT_EQ(get("a")->head->status, 404);
  EXPECT_EQ(chunks(), 0U);
  put("b", kPng);
  EXPECT_EQ(get("b")->header("Content-Type"), "image/png");
}

TEST_F(Files, ActiveContentIsADownload) {
  put("page?name=a%20%22page%22.html", "<script>", "Content-Type: text/html\r\n");
  put("drawing", "<svg/>", "Content-Type: image/svg+xml\r\n");
  EXPECT_EQ(get("page")->header("Content-Disposition"),
            "attachment; filename*=UTF-8''a%20%22page%22.html");
  EXPECT_EQ(get("drawing")->header("Content-Disposition"), "attachment");
  EXPECT_EQ(get("drawing")->header("Content-Security-Policy"), "default-src 'none'; sandbox");
  put("logo", kPng, "Content-Type: image/png\r\n");
  EXPECT_EQ(get("logo?download=1")->header("Content-Disposition"), "attachment");
}

TEST_F(Files, AFileAndADocumentAreNotMistakenForEachOther) {
  api_.body = "text";
  api_.ask("PUT", "/v1/workspaces/w/objects/doc?root=content", "Content-Type: text/plain\r\n");
  EXPECT_EQ(put("doc", "x")->head->status, 422);
  EXPECT_EQ(get("doc")->head->status, 406);
  put("file", "x");
  api_.body = "text";
  const auto edit =
      api_.ask("PUT", "/v1/workspaces/w/objects/file?root=content", "Content-Type: text/plain\r\n");
  EXPECT_GE(edit->head->status, 400) << edit->body;
  api_.body.clear();
  EXPECT_EQ(get("file")->body, "x");
  const auto json = api_.ask("GET", "/v1/workspaces/w/objects/file");
  EXPECT_NE(json->body.find(R"("bytes":1)"), std::string::npos) << json->body;
}

TEST_F(Files, ADeletedFileIsGone) {
  put("a", "one");
  EXPECT_LT(api_.ask("DELETE", "/v1/workspaces/w/objects/a")->head->status, 300);
  EXPECT_EQ(get("a")->head->status, 410);
  EXPECT_EQ(put("a", "two")->head->status, 201);
  EXPECT_EQ(get("a")->body, "two");
}

TEST_F(Files, AnUploadGoesOnWhereItWas) {
  const std::string upload = begin("film", "Upload-Length: 11\r\nUpload-Metadata: filename " +
                                               to_base64(as_bytes("a.txt"s)) + ",filetype " +
                                               to_base64(as_bytes("text/plain"s)) + "\r\n");
  EXPECT_EQ(send(upload, 0, "hello ")->header("Upload-Offset"), "6");
  EXPECT_EQ(get("film")->head->status, 404);
  const auto state = api_.ask("HEAD", upload, kTus);
  EXPECT_EQ(state->header("Upload-Offset"), "6");
  EXPECT_EQ(state->header("Upload-Length"), "11");
  EXPECT_EQ(state->header("Cache-Control"), "no-store");
  EXPECT_EQ(send(upload, 0, "again ")->head->status, 409);
  const auto last = send(upload, 6, "world");
  EXPECT_EQ(last->head->status, 204) << last->body;
  EXPECT_EQ(last->header("Syncline-Position"), "1");
  EXPECT_EQ(get("film")->body, "hello world");
  EXPECT_EQ(get("film")->header("Content-Type"), "text/plain");
  EXPECT_EQ(get("film")->header("Content-Disposition"), "inline; filename*=UTF-8''a.txt");
  // Whoever has not seen the answer learns that all is well, and makes no second version.
  EXPECT_EQ(api_.ask("HEAD", upload, kTus)->header("Upload-Offset"), "11");
  EXPECT_EQ(send(upload, 11, "")->head->status, 204);
  EXPECT_EQ(chunks(), 1U);
}

TEST_F(Files, AnUploadCrossesChunksInPartsOfAnySize) {
  std::string bytes(2 * log::kFileChunkBytes + 12345, '\0');
  for (std::uint32_t state = 1; char& byte : bytes) {
    state = state * 1664525 + 1013904223;
    byte = static_cast<char>(state >> 24);
  }
  const std::string upload = begin("a", "Upload-Length: " + std::to_string(bytes.size()) + "\r\n");
  std::size_t at = 0;
  for (const std::size_t size : {1'000'000UL, 48'576UL, 10UL, bytes.size() - 1'048'586}) {
    ASSERT_EQ(send(upload, at, bytes.substr(at, size))->head->status, 204);
    at += size;
  }
  EXPECT_TRUE(get("a")->body == bytes);
  EXPECT_EQ(get("a")->header("Repr-Digest"),
            "sha-256=:" + to_base64(sha256(as_bytes(bytes))) + ":");
  EXPECT_EQ(chunks(), 3U);
}

TEST_F(Files, AChecksumThatIsWrongTakesNothing) {
  const std::string upload = begin("a", "Upload-Length: 6\r\n");
  const auto sum = [](const std::string& of) {
    return "Upload-Checksum: sha256 " + to_base64(sha256(as_bytes(of))) + "\r\n";
  };
  EXPECT_EQ(send(upload, 0, "abc", sum("abd"))->head->status, 460);
  EXPECT_EQ(api_.ask("HEAD", upload, kTus)->header("Upload-Offset"), "0");
  EXPECT_EQ(send(upload, 0, "abc", "Upload-Checksum: md5 abcd\r\n")->head->status, 400);
  EXPECT_EQ(send(upload, 0, "abc", sum("abc"))->header("Upload-Offset"), "3");
  EXPECT_EQ(send(upload, 3, "def", sum("def"))->head->status, 204);
  EXPECT_EQ(get("a")->body, "abcdef");
}

TEST_F(Files, AnUploadIsBegunWithBytesOrWithoutALength) {
  api_.body = "abc";
  const auto whole =
      api_.ask("POST", kUploads + "a",
               kTus + "Upload-Length: 3\r\nContent-Type: application/offset+octet-stream\r\n");
  api_.body.clear();
  EXPECT_EQ(whole->head->status, 201);
  EXPECT_EQ(whole->header("Upload-Offset"), "3");
  EXPECT_EQ(get("a")->body, "abc");
  const std::string upload = begin("b", "Upload-Defer-Length: 1\r\n");
  EXPECT_EQ(api_.ask("HEAD", upload, kTus)->header("Upload-Defer-Length"), "1");
  EXPECT_EQ(send(upload, 0, "abc")->header("Upload-Offset"), "3");
  EXPECT_EQ(send(upload, 3, "def", "Upload-Length: 6\r\n")->head->status, 204);
  EXPECT_EQ(get("b")->body, "abcdef");
  begin("empty", "Upload-Length: 0\r\n");
  EXPECT_EQ(get("empty")->head->status, 200);
  EXPECT_EQ(get("empty")->body, "");
}

TEST_F(Files, RequestsThatAreNoTusAreRefused) {
  EXPECT_EQ(api_.ask("POST", kUploads + "a", "Upload-Length: 3\r\n")->head->status, 412);
  EXPECT_EQ(api_.ask("POST", kUploads + "a", kTus)->head->status, 400);
  EXPECT_EQ(
      api_.ask("POST", kUploads + "a", kTus + "Upload-Length: 99999999999999\r\n")->head->status,
      413);
  EXPECT_EQ(api_.ask("POST", kUploads + "a",
                     kTus + "Upload-Length: 3\r\nUpload-Metadata: filename ???\r\n")
                ->head->status,
            400);
  const std::string upload = begin("a", "Upload-Length: 3\r\n");
  EXPECT_EQ(send(upload, 0, "abcd")->head->status, 413);
  EXPECT_EQ(api_.ask("PATCH", upload, kTus + "Upload-Offset: 3\r\n")->head->status, 415);
  EXPECT_EQ(api_.ask("HEAD", kUploads + "b" + upload.substr(upload.find('?')), kTus)->head->status,
            404);
  EXPECT_EQ(api_.ask("HEAD", kUploads + "a?upload=zz", kTus)->head->status, 404);
}

TEST_F(Files, AnUploadThatIsGivenUpLeavesNothing) {
  const std::string upload = begin("a", "Upload-Length: 10\r\n");
  send(upload, 0, "abc");
  EXPECT_EQ(chunks(), 1U);
  EXPECT_EQ(api_.ask("DELETE", upload, kTus)->head->status, 204);
  EXPECT_EQ(api_.ask("HEAD", upload, kTus)->head->status, 404);
  EXPECT_EQ(send(upload, 3, "def")->head->status, 404);
  EXPECT_EQ(chunks(), 0U);
}

TEST_F(Files, AnUploadWhoseContentLiesEndsWithIt) {
  const std::string upload = begin("a", "Upload-Length: 8\r\nUpload-Metadata: filetype " +
                                            to_base64(as_bytes("image/png"s)) + "\r\n");
  EXPECT_EQ(send(upload, 0, "<scr")->head->status, 204);
  EXPECT_EQ(send(upload, 4, "ipt>")->head->status, 415);
  EXPECT_EQ(api_.ask("HEAD", upload, kTus)->head->status, 404);
  EXPECT_EQ(chunks(), 0U);
}

TEST(FilesOfReaders, AReaderGetsAndDoesNotPut) {
  TestApi api(identity::Access({{"look", {.id = "bob", .rights = identity::Rights::reading()}}}));
  const std::string reader = "Authorization: Bearer look\r\n";
  EXPECT_EQ(api.ask("PUT", kFiles + "a", reader)->head->status, 403);
  EXPECT_EQ(api.ask("POST", kUploads + "a", reader + kTus + "Upload-Length: 1\r\n")->head->status,
            403);
  EXPECT_EQ(api.ask("GET", kFiles + "a", reader)->head->status, 404);
}

TEST(ByteRange, IsReadAsTheStandardSays) {
  // Of a file with ten bytes: "first+count".
  const auto range = [](std::string_view header) -> std::string {
    const auto asked = api::asked_range(header, 10);
    if (!asked) return "ignored";
    const auto* part = std::get_if<api::ByteRange>(&*asked);
    return part == nullptr ? "none"
                           : std::to_string(part->first) + "+" + std::to_string(part->count);
  };
  EXPECT_EQ(range("bytes=0-0"), "0+1");
  EXPECT_EQ(range("bytes=2-"), "2+8");
  EXPECT_EQ(range("bytes=2-99999999999999999999999"), "2+8");
  EXPECT_EQ(range("bytes=-4"), "6+4");
  EXPECT_EQ(range("bytes=-40"), "0+10");
  EXPECT_EQ(range("bytes=10-"), "none");
  EXPECT_EQ(range("bytes=-0"), "none");
  for (const char* ignored : {"", "bytes", "bytes=", "bytes=-", "bytes=3-2", "bytes=a-b",
                              "lines=1-2", "bytes=1-2,3-4", "bytes= 1-2", "bytes=1-2 "})
    EXPECT_EQ(range(ignored), "ignored") << ignored;
}

TEST(MediaTypes, FollowFromTheBeginning) {
  const auto type = [](std::string_view declared, std::string_view bytes) {
    return api::media_type_of(declared, as_bytes(bytes)).value_or("refused");
  };
  EXPECT_EQ(type("", kPng), "image/png");
  EXPECT_EQ(type("", "<html>"), "application/octet-stream");
  EXPECT_EQ(type("Image/PNG", kPng), "Image/PNG");
  EXPECT_EQ(type("image/jpeg", kPng), "refused");
  EXPECT_EQ(type("image/svg+xml", kPng), "refused");
  EXPECT_EQ(type("text/plain", "a\0b"s), "refused");
  EXPECT_EQ(type("application/x-mine", kPng), "application/x-mine");
  EXPECT_EQ(type("video/quicktime",
                 "\0\0\0\x14"
                 "ftypqt  "s),
            "video/quicktime");
}

TEST(TusHeaders, MetadataIsAListOfKeys) {
  const auto name = api::parse_upload_metadata("filename YS5wbmc=,other,filetype aW1hZ2UvcG5n");
  ASSERT_TRUE(name);
  EXPECT_EQ(*name, (api::UploadMetadata{"a.png", "image/png"}));
  EXPECT_TRUE(api::parse_upload_metadata(""));
  for (const char* bad : {"filename a", "filename YQ==,filename YQ==", ",", " ", "a YQ== YQ=="})
    EXPECT_FALSE(api::parse_upload_metadata(bad)) << bad;
  EXPECT_EQ(api::parse_upload_metadata(std::string(5000, 'a')).error().code, ErrorCode::kTooLarge);
}

TEST(BringsFile, OnlyWhatPutsAFile) {
  http::Request request{.method = "PUT", .raw_path = "/v1/workspaces/w/files/a/b"};
  EXPECT_TRUE(api::brings_file(request));
  request.raw_path = "/t/acme/v1/workspaces/w/uploads/a";
  EXPECT_TRUE(api::brings_file(request));
  request.raw_path = "/v1/workspaces/w/objects/files/a";
  EXPECT_FALSE(api::brings_file(request));
  request = {.method = "GET", .raw_path = "/v1/workspaces/w/files/a"};
  EXPECT_FALSE(api::brings_file(request));
}

}  // namespace
}  // namespace syncline::testing
