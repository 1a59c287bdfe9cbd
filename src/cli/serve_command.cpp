#include <memory>

#include "cli/commands.h"
#include "cli/data/verify_data_dir.h"
#include "cli/serve.h"
#include "cli/serve_identity.h"

namespace syncline::cli {
namespace {

// Verifies everything before it is served. A directory that does not exist yet is empty.
log::Checked<void> verify_first(const ServeOptions& options, Console& console) {
  const auto verified = verify_data_dir({.data_dir = options.data_dir}, console);
  console.progress({});
  if (verified || verified.error().code == ErrorCode::kNotFound) return {};
  return std::unexpected(verified.error());
}

struct RateOption {
  const char* name;
  const char* text;
  const char* environment;
  std::uint64_t ServeOptions::*value;
};

// docs/rates.md says what happens above each.
constexpr RateOption kRates[] = {
    {"--rate-messages", "Messages that a connection may send in a second; 0: no limit",
     "SYNCLINE_RATE_MESSAGES", &ServeOptions::rate_messages},
    {"--rate-mib", "MiB that a connection may send in a second; 0: no limit", "SYNCLINE_RATE_MIB",
     &ServeOptions::rate_mib},
    {"--rate-presence",
     "Presence updates of up to 1 KiB that a connection may send in a second; 0: no limit",
     "SYNCLINE_RATE_PRESENCE", &ServeOptions::rate_presence},
    {"--rate-broadcasts",
     "Messages of up to 1 KiB to others that a connection may send in a second; 0: no limit",
     "SYNCLINE_RATE_BROADCASTS", &ServeOptions::rate_broadcasts},
    {"--rate-joins", "Documents that a connection may open in a second; 0: no limit",
     "SYNCLINE_RATE_JOINS", &ServeOptions::rate_joins},
    {"--rate-address-factor",
     "How many times the rates of a connection an address may have for all of its own; 0: no limit",
     "SYNCLINE_RATE_ADDRESS_FACTOR", &ServeOptions::rate_address_factor},
    {"--rate-principal-factor",
     "How many times the rates of a connection a principal may have for all of its own, from all "
     "addresses; 0: no limit",
     "SYNCLINE_RATE_PRINCIPAL_FACTOR", &ServeOptions::rate_principal_factor},
    {"--rate-requests", "HTTP requests that an address may send in a second; 0: no limit",
     "SYNCLINE_RATE_REQUESTS", &ServeOptions::rate_requests},
    {"--rate-connections", "Connections that an address may open in a second; 0: no limit",
     "SYNCLINE_RATE_CONNECTIONS", &ServeOptions::rate_connections},
};

void add_rates(Command& serve, ServeOptions& options) {
  for (const RateOption& rate : kRates)
    serve.option(
        {.name = rate.name, .value = "N", .text = rate.text, .environment = rate.environment},
        options.*rate.value);
  serve.option({.name = "--max-connections-per-address",
                .value = "N",
                .text = "Connections that an address may have open; 0: no limit",
                .environment = "SYNCLINE_MAX_CONNECTIONS_PER_ADDRESS",
                .fallback = "half of all that the server takes"},
               options.max_connections_per_address);
}

}  // namespace

void add_serve(Command& root) {
  Command& serve = root.add("serve", "Serve documents to Yjs editors");
  auto options = std::make_shared<ServeOptions>();
  serve.option({.name = "--data-dir",
                .value = "DIR",
                .text = "Where everything is kept; created if missing",
                .environment = "SYNCLINE_DATA_DIR",
                .is_file = true},
               options->data_dir);
  serve.option({.name = "--backup-dir",
                .value = "DIR",
                .text = "Where `backup create NAME --server` has backups written",
                .environment = "SYNCLINE_BACKUP_DIR",
                .is_file = true},
               options->backup_dir);
  serve.option({.name = "--log-name",
                .value = "NAME",
                .text = "What checkpoints call this server's logs, such as example.com/team; fixed "
                        "at the first start",
                .environment = "SYNCLINE_LOG_NAME",
                .fallback = "made up"},
               options->log_name);
  serve.option({.name = "--region",
                .value = "NAME",
                .text = "Stands in every event that is accepted here",
                .environment = "SYNCLINE_REGION"},
               options->region);
  serve.option({.name = "--node",
                .value = "NAME",
                .text = "The same, for this server among others of the region",
                .environment = "SYNCLINE_NODE"},
               options->node);
  serve.option({.name = "--address",
                .value = "ADDRESS",
                .text = "Address to listen on; one that others can reach needs a token or "
                        "--insecure",
                .environment = "SYNCLINE_ADDRESS"},
               options->address);
  serve.option({.name = "-p,--port",
                .value = "PORT",
                .text = "Port to listen on; 0 takes a free one",
                .environment = "SYNCLINE_PORT"},
               options->port);
  serve.option({.name = "--tls-cert",
                .value = "FILE",
                .text = "Certificate chain in PEM; with --tls-key it turns TLS on",
                .environment = "SYNCLINE_TLS_CERT",
                .is_file = true},
               options->tls_certificate);
  serve.option({.name = "--tls-key",
                .value = "FILE",
                .text = "Private key in PEM",
                .environment = "SYNCLINE_TLS_KEY",
                .is_file = true},
               options->tls_key);
  serve.option({.name = "--token-file",
                .value = "FILE",
                .text = "File whose first line is the token that clients must present",
                .environment = "SYNCLINE_TOKEN_FILE",
                .is_file = true},
               options->token_file);
  add_identity(serve, *options);
  serve.flag({.name = "--require-token",
              .text = "Let nobody in without a token, also if there are only API keys",
              .environment = "SYNCLINE_REQUIRE_TOKEN"},
             options->require_token);
  serve.option({.name = "--token-cookie",
                .value = "NAME",
                .text = "Take tokens from this cookie, too, of pages that --cors-origin names",
                .environment = "SYNCLINE_TOKEN_COOKIE"},
               options->token_cookie);
  serve.option({.name = "--max-ticket-seconds",
                .value = "N",
                .text = "How long a ticket may live at most",
                .environment = "SYNCLINE_MAX_TICKET_SECONDS"},
               options->max_ticket_seconds);
  serve.option(
      {.name = "--cors-origin",
       .value = "ORIGIN",
       .text = "Let pages of this origin, such as https://app.example, use the HTTP API; may "
               "be given several times",
       .environment = "SYNCLINE_CORS_ORIGIN"},
      options->cors_origins);
  serve.option({.name = "--allow-host",
                .value = "NAME",
                .text = "Let clients address the server by this name, such as docs.example; may be "
                        "given several times. Other names are refused then, and always without a "
                        "token",
                .environment = "SYNCLINE_ALLOW_HOST"},
               options->allow_hosts);
  serve.option({.name = "--tenant-host",
                .value = "NAME=TENANT",
                .text = "This name of the server is the address of that tenant, such as "
                        "acme.docs.example=acme; may be given several times",
                .environment = "SYNCLINE_TENANT_HOST"},
               options->tenant_hosts);
  serve.option(
      {.name = "--hooks-allow",
       .value = "NETWORK",
       .text = "Let webhooks lead to this network, such as 10.1.0.0/16, which is not of the "
               "public internet; may be given several times",
       .environment = "SYNCLINE_HOOKS_ALLOW"},
      options->hooks.allow);
  serve.option(
      {.name = "--initial-content-url",
       .value = "URL",
       .text = "Ask the application there for the content of a document that does not "
               "exist yet; SYNCLINE_INITIAL_CONTENT_SECRET holds the secret that signs the "
               "question",
       .environment = "SYNCLINE_INITIAL_CONTENT_URL"},
      options->hooks.content_url);
  serve.flag({.name = "--insecure", .text = "Let anybody in, on a public address too"},
             options->insecure);
  serve.flag(
      {.name = "--verify",
       .text = "Re-derive every log first, as log verify does, and serve none if one differs",
       .environment = "SYNCLINE_VERIFY"},
      options->verify);
  serve.option({.name = "--threads",
                .value = "N",
                .text = "Event loops",
                .environment = "SYNCLINE_THREADS",
                .fallback = "one per core"},
               options->threads);
  serve.option({.name = "--memory-mib",
                .value = "N",
                .text = "Memory that the process may use, in MiB: at 90 % those who hold most "
                        "shrink, and at 100 % new work is refused until there is room",
                .environment = "SYNCLINE_MEMORY_MIB"},
               options->memory_mib);
  serve.option({.name = "--max-message-mib",
                .value = "N",
                .text = "Largest message that a client may send, in MiB",
                .environment = "SYNCLINE_MAX_MESSAGE_MIB"},
               options->max_message_mib);
  serve.option(
      {.name = "--max-change-steps",
       .value = "N",
       .text = "Steps that applying one change may take; a million take 0.1 to 0.3 seconds",
       .environment = "SYNCLINE_MAX_CHANGE_STEPS"},
      options->max_change_steps);
  serve.flag({.name = "--stamp-presence",
              .text = "Write into the presence that clients show who they are: user.id, "
                      "user.verified, and the name that a token says",
              .environment = "SYNCLINE_STAMP_PRESENCE"},
             options->stamp_presence);
  serve.option(
      {.name = "--guest-days",
       .value = "N",
       .text = "How long the names of guests are kept after their last change; 0: for ever",
       .environment = "SYNCLINE_GUEST_DAYS"},
      options->guest_days);
  serve.flag(
      {.name = "--audit",
       .text = "Keep an audit log for each tenant: administrative acts, refusals and exports "
               "(syncline audit)",
       .environment = "SYNCLINE_AUDIT"},
      options->audit);
  add_rates(serve, *options);
  serve.option(
      {.name = "--checkpoint-seconds",
       .value = "N",
       .text = "How long an event waits at most until a checkpoint of its workspace is signed",
       .environment = "SYNCLINE_CHECKPOINT_SECONDS"},
      options->checkpoint_seconds);
  serve.option({.name = "--checkpoint-events",
                .value = "N",
                .text = "After how many events one is signed without waiting",
                .environment = "SYNCLINE_CHECKPOINT_EVENTS"},
               options->checkpoint_events);
  serve.option({.name = "--disk-reserve-mib",
                .value = "N",
                .text = "Space kept free for the time when the disk is full, in MiB; 0: none",
                .environment = "SYNCLINE_DISK_RESERVE_MIB"},
               options->disk_reserve_mib);
  serve.option({.name = "--import-idle-seconds",
                .value = "N",
                .text = "How long an unfinished import may get no bytes until it is given up",
                .environment = "SYNCLINE_IMPORT_IDLE_SECONDS"},
               options->import_idle_seconds);
  serve.option({.name = "--drain-seconds",
                .value = "N",
                .text = "How long a stop waits for what is under way",
                .environment = "SYNCLINE_DRAIN_SECONDS"},
               options->drain_seconds);
  serve.option({.name = "--metrics-listen",
                .value = "ADDRESS:PORT",
                .text = "Serve /metrics there as well, without a token, and nothing else",
                .environment = "SYNCLINE_METRICS_LISTEN"},
               options->metrics_listen);
  serve.option({.name = "--log-level",
                .value = "LEVELS",
                .text = "What goes to stderr: error, warn, info or debug, for all areas or as "
                        "AREA=LEVEL, with commas between them; areas: server, net, session, "
                        "workspace, store, api",
                .environment = "SYNCLINE_LOG_LEVEL"},
               options->log_level);
  serve.option({.name = "--log-format",
                .value = "FORMAT",
                .text = "How it goes there; auto is text on a terminal, and JSON lines otherwise",
                .environment = "SYNCLINE_LOG_FORMAT",
                .choices = {"auto", "text", "json"}},
               options->log_format);
  serve.json_flag(options->json);
  serve.details(
      "SIGTERM or SIGINT drains: what clients have sent is synced and acknowledged first; a second "
      "one ends at once. `syncline log-level` changes what a running server logs. The token may "
      "also stand in SYNCLINE_TOKEN, one that may only read in "
      "SYNCLINE_READ_TOKEN.");
  serve.example("syncline serve", "on this machine alone, data in ./syncline-data");
  serve.example(
      "syncline serve --address 0.0.0.0 --token-file token --tls-cert c.pem --tls-key k.pem",
      "to the network, with TLS and a token");
  serve.run([options](Console& console) {
    if (options->verify)
      if (const auto sound = verify_first(*options, console); !sound)
        return console.failed(sound.error());
    return run_serve(*options);
  });
}

}  // namespace syncline::cli
