#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <cstdio>

#include "backend/net/http_client.h"
#include "backend/net_support.h"
#include "support/recording_sink.h"
#include "support/temp_dir.h"

namespace syncline::backend {
namespace {

// A self-signed certificate for localhost and 127.0.0.1, in a folder of its own.
class Certificate {
 public:
  explicit Certificate(bool rsa = false) {
    EVP_PKEY* key = rsa ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
    X509* cert = X509_new();
    X509_set_version(cert, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(cert), 1);
    X509_gmtime_adj(X509_getm_notBefore(cert), -60);
    X509_gmtime_adj(X509_getm_notAfter(cert), 3600);
    X509_set_pubkey(cert, key);
    X509_NAME* subject = X509_get_subject_name(cert);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(cert, subject);
    X509_EXTENSION* names =
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1");
    X509_add_ext(cert, names, -1);
    X509_EXTENSION_free(names);
    X509_sign(cert, key, EVP_sha256());
    FILE* file = std::fopen(path().c_str(), "w");
    PEM_write_X509(file, cert);
    std::fclose(file);
    file = std::fopen(key_path().c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    X509_free(cert);
    EVP_PKEY_free(key);
  }

  std::string path() const { return folder_.file("cert.pem"); }
  std::string key_path() const { return folder_.file("key.pem"); }
  ListenOptions listen() const { return {.tls_certificate = path(), .tls_key = key_path()}; }

 private:
  testing::TempDir folder_;
};

TEST(NetTls, EchoesOverTls) {
  const Certificate certificate;
  TestServer test({}, 1, {}, {}, certificate.listen());
  WsClient client(test.port, "/echo", true);
  ASSERT_TRUE(client.secure());
  ASSERT_TRUE(client.open()) << client.response;
  for (const std::size_t size : {1, 200, 20'000, 1'000'000}) {
    std::string payload(size, 'x');
    for (std::size_t i = 0; i < size; ++i) payload[i] = static_cast<char>(i * 7);
    client.send_binary(payload);
    ASSERT_EQ(client.take_frame().payload, payload);
  }
  client.send(masked_frame(0x88, close_payload(1000)));
  EXPECT_EQ(client.take_close_code(), 1000);
  EXPECT_TRUE(test.journal.wait_for("closed 1000"));
}

TEST(NetTls, SlowReaderGetsEverythingInOrder) {
  const Certificate certificate;
  TestServer test({}, 1, {}, {}, certificate.listen());
  WsClient client(test.port, "/echo", true, 4096);
  client.send_binary("burst 2000 3001");
  ASSERT_TRUE(test.journal.wait_for("queued " + std::to_string(2000 * 3005)));
  client.send_binary("the last");
  sleep_ms(20);
  for (int i = 0; i < 2000; ++i) ASSERT_EQ(client.take_frame().payload.size(), 3001u) << i;
  EXPECT_EQ(client.take_frame().payload, "the last");
  EXPECT_TRUE(test.journal.wait_for("drained 0"));
}

TEST(NetTls, RefusesPlainClientsAndOldVersions) {
  const Certificate certificate;
  ServerOptions options;
  options.head_timeout_ms = 200;
  testing::RecordingSink reports;
  options.reports = &reports;
  TestServer test(options, 1, {}, {}, certificate.listen());
  RawClient plain(test.port);
  plain.send("GET / HTTP/1.1\r\nHost: t\r\n\r\n");
  EXPECT_TRUE(plain.ended());
  RawClient silent(test.port);
  EXPECT_TRUE(silent.ended());
  EXPECT_EQ(test.server.counters().tls_failures, 1u);
  EXPECT_EQ(test.server.counters().requests, 0u);
  const std::string failed = reports.line_with("TLS handshake failed");
  EXPECT_TRUE(failed.starts_with("debug TLS handshake failed  peer=127.0.0.1:")) << failed;
  EXPECT_NE(failed.find("http request"), std::string::npos) << failed;
}

// The name of the cipher that a client gets which offers these and no later version; "" if none.
std::string cipher_for(std::uint16_t port, const char* offered, int version = TLS1_2_VERSION) {
  SSL_CTX* context = SSL_CTX_new(TLS_client_method());
  SSL_CTX_set_max_proto_version(context, version);
  SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
  EXPECT_EQ(SSL_CTX_set_cipher_list(context, offered), 1) << offered;
  BIO* bio = BIO_new_ssl_connect(context);
  BIO_set_conn_hostname(bio, ("127.0.0.1:" + std::to_string(port)).c_str());
  SSL* ssl = nullptr;
  BIO_get_ssl(bio, &ssl);
  const std::string name = BIO_do_handshake(bio) == 1 ? SSL_get_cipher_name(ssl) : "";
  BIO_free_all(bio);
  SSL_CTX_free(context);
  ERR_clear_error();
  return name;
}

TEST(NetTls, OnlyForwardSecretAuthenticatedCiphersAreAccepted) {
  for (const bool rsa : {false, true}) {
    const Certificate certificate(rsa);
    TestServer test({}, 1, {}, {}, certificate.listen());
    const std::string kind = rsa ? "RSA" : "ECDSA";
    for (const char* good : {"AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"}) {
      const std::string name = "ECDHE-" + kind + "-" + good;
      EXPECT_EQ(cipher_for(test.port, name.c_str()), name);
    }
    for (const char* bad :
         {"AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA256", "AES256-SHA",
          "ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA",
          "ECDHE-ECDSA-AES128-SHA256", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES256-SHA",
          "DHE-RSA-AES128-GCM-SHA256", "DHE-RSA-AES256-SHA"}) {
      EXPECT_EQ(cipher_for(test.port, bad), "") << bad;
    }
    EXPECT_EQ(cipher_for(test.port, "ALL:@SECLEVEL=0", TLS1_1_VERSION), "");
    EXPECT_TRUE(cipher_for(test.port, "ALL", TLS1_3_VERSION).starts_with("TLS_"));
  }
}

TEST(NetTlsThreads, MovesBetweenLoopsWithItsState) {
  const Certificate certificate;
  TestServer test({}, 2, {}, {}, certificate.listen());
  for (int i = 0; i < 10; ++i) {
    WsClient client(test.port, "/?loop=" + std::to_string(i % 2), true);
    ASSERT_TRUE(client.open());
    client.send_binary("moved");
    EXPECT_EQ(client.take_frame().payload, "moved");
  }
}

TEST(NetHttpClient, GetsPostsAndReportsErrors) {
  TestServer test;
  const std::string base = "http://127.0.0.1:" + std::to_string(test.port);
  const auto get = http_get(base + "/hello?x=1", {});
  ASSERT_TRUE(get.has_value()) << get.error().message;
  EXPECT_EQ(get->status, 200);
  EXPECT_EQ(get->body, "GET /hello?x=1 ");
  HttpClientOptions options;
  options.headers = {{"Authorization", "Bearer x"}};
  const auto post = http_post(base + "/p", "body", "text/plain", options);
  ASSERT_TRUE(post.has_value());
  EXPECT_EQ(post->body, "POST /p? body");
  EXPECT_EQ(http_get("ftp://x/", {}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(http_get("http://", {}).error().code, ErrorCode::kInvalid);
  EXPECT_EQ(http_get(base + "/\r\nInjected: x", {}).error().code, ErrorCode::kInvalid);
  test.server.stop_accepting();
  EXPECT_EQ(http_get(base, {}).error().code, ErrorCode::kUnavailable);
}

TEST(NetHttpClient, ReadsStreamsBoundsThemAndTimesOut) {
  std::vector<http::Responder> kept;
  TestServer test({}, 1, [&](http::Request request, http::Responder responder) {
    if (request.path == "/silent") return kept.push_back(std::move(responder));
    http::Stream stream = responder.begin({200, {}, {}});
    stream.write("one ");
    stream.write(std::string(10'000, 'x'));
    if (request.path == "/whole") stream.end();
  });
  const std::string base = "http://localhost:" + std::to_string(test.port);
  HttpClientOptions options;
  options.timeout_ms = 200;
  const auto whole = http_get(base + "/whole", options);
  ASSERT_TRUE(whole.has_value()) << whole.error().message;
  EXPECT_EQ(whole->body.size(), 10'004u);
  EXPECT_FALSE(http_get(base + "/cut", options).has_value());
  EXPECT_EQ(http_get(base + "/silent", options).error().code, ErrorCode::kUnavailable);
  options.max_body_bytes = 100;
  EXPECT_EQ(http_get(base + "/whole", options).error().code, ErrorCode::kTooLarge);
  test.server.stop();
  kept.clear();
}

TEST(NetHttpClient, VerifiesCertificates) {
  const Certificate certificate;
  TestServer test({}, 1, {}, {}, certificate.listen());
  const std::string port = std::to_string(test.port);
  HttpClientOptions options;
  const auto untrusted = http_get("https://127.0.0.1:" + port + "/", options);
  ASSERT_FALSE(untrusted.has_value());
  EXPECT_NE(untrusted.error().message.find("certificate"), std::string::npos);
  options.ca_file = certificate.path();
  const auto by_address = http_get("https://127.0.0.1:" + port + "/a", options);
  ASSERT_TRUE(by_address.has_value()) << by_address.error().message;
  EXPECT_EQ(by_address->body, "GET /a? ");
  EXPECT_TRUE(http_get("https://localhost:" + port + "/", options).has_value());
  // Trusted, but not for this name.
  EXPECT_FALSE(http_get("https://127.0.0.2:" + port + "/", options).has_value());
}

}  // namespace
}  // namespace syncline::backend
