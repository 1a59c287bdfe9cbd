// The scenarios: the numbers that each is run with, what it measures and what it does not, and its figures. The kinds of
// load (`load`) are those of server_bench_load (load/scenarios.h).
//
// `environment`: of the servers, besides what their subject has.
//
// A list of three holds the number for a full run, for a quick one, and for one that only tests the programs.
//
// Of a figure: `key` in the generator's output; `better`, which way; `absolute`: compared as it is, not by its ratio to the
// relay, which has no disk to wait for and keeps nothing in memory; `watched`: shown, but too unsteady to fail a comparison.

const less = (key, label, more = {}) => ({ key, label, better: 'less', ...more })
const more = (key, label, rest = {}) => ({ key, label, better: 'more', ...rest })
const watched = { watched: true }
const absolute = { absolute: true }

export const scenarios = [
  {
    name: 'fan-out',
    title: '1 document, 1 writer at 100 updates a second, 200 readers',
    measures: 'the cost of one delivery to one reader, and the time until the readers have an update, at a load that no server finds hard',
    not: 'the highest rate that is possible. The latency includes the time in which the generator, one thread, reads from 200 sockets',
    steps: [{ load: 'traffic', options: { clients: [201, 201, 11], rate: [100, 100, 50], warm: [2, 1, 0.1], seconds: [8, 4, 0.5] } }],
    figures: [
      less('us_cpu_per_delivery', 'CPU a delivery, µs'),
      less('latency_ms_p50', 'latency p50, ms', absolute),
      less('latency_ms_p99', 'latency p99, ms', watched)
    ]
  },
  {
    name: 'many-documents',
    title: '500 documents, 2 clients each, both writing 5 updates a second',
    measures: 'the cost of the write path (parsing, merging, the log, the disk), because each update goes to only one other client',
    not: 'loading and evicting documents: all stay in memory',
    steps: [{ load: 'traffic', options: { documents: [500, 500, 5], clients: 2, writers: 2, rate: 5, warm: [2, 1, 0.1], seconds: [8, 4, 0.5] } }],
    figures: [
      less('us_cpu_per_delivery', 'CPU a delivery, µs'),
      less('latency_ms_p50', 'latency p50, ms', absolute),
      less('latency_ms_p99', 'latency p99, ms', watched)
    ]
  },
  {
    name: 'burst',
    title: '50 documents, 4 writers each, flat out: 32 updates of each under way',
    measures: 'the highest rate of updates when many clients write at the same time',
    not: 'the latency that a user sees: with 32 updates under way, latency is 32 divided by the rate',
    steps: [{ load: 'traffic', options: { documents: [50, 50, 3], clients: 4, writers: 4, window: 32, warm: [1, 1, 0.1], seconds: [6, 3, 0.3] } }],
    figures: [
      more('deliveries_per_s', 'deliveries a second'),
      less('us_cpu_per_delivery', 'CPU a delivery, µs', watched),
      less('latency_ms_p99', 'latency p99, ms', watched)
    ]
  },
  {
    name: 'flat-out fan-out',
    title: '1 document, 1 writer flat out with 32 updates under way, 200 readers',
    measures: 'the highest rate of deliveries within one document',
    not: 'the server alone: against the relay, the generator uses most of its own core, so the relay might do somewhat more',
    steps: [{ load: 'traffic', options: { clients: [201, 201, 11], window: 32, warm: [1, 1, 0.1], seconds: [6, 3, 0.3] } }],
    figures: [
      more('deliveries_per_s', 'deliveries a second'),
      less('us_cpu_per_delivery', 'CPU a delivery, µs', watched),
      less('latency_ms_p99', 'latency p99, ms', watched)
    ]
  },
  {
    name: 'handshakes',
    title: '5,000 clients connect to 1,000 empty documents, 100 at a time, until each has its first sync; three times',
    measures: 'TCP connection, WebSocket upgrade, first sync, and the broadcast of the newcomer\'s awareness',
    not: 'TLS, tokens, or reading documents from disk',
    steps: [{ load: 'handshakes', options: { documents: [1000, 1000, 10], clients: [5000, 3000, 40], waves: [3, 2, 2], rest: [1, 1, 0.1] } }],
    figures: [
      more('handshakes_per_s', 'handshakes a second'),
      less('us_cpu_per_handshake', 'CPU a handshake, µs'),
      less('sync_ms_p99', 'until synced p99, ms', watched)
    ]
  },
  {
    name: 'memory',
    title: '1,000 further empty documents, 1,000 further ones of 100 characters, 4,000 further connections',
    measures: 'anonymous memory of the process (what it has allocated and not given back) for each further one, after eight seconds without a change',
    not: 'the kernel\'s socket buffers, documents that nobody has open, or documents with a long history. For the peers it is not exact: their garbage collector decides when memory is given back',
    steps: [{ load: 'memory', options: { documents: [1000, 1000, 20], clients: [4000, 4000, 40], rest: [8, 8, 0.1] } }],
    figures: [
      less('kb_per_connection', 'KB a further connection', absolute),
      less('kb_per_empty_document', 'KB a further empty document', absolute),
      less('kb_per_small_document', 'KB a further document of 100 characters', absolute)
    ]
  },
  {
    name: 'evicted',
    title: '30,000 further documents of 100 characters, written once and left, on a server that may use 128 MiB (`--memory-mib`)',
    measures: 'whether the server keeps anything in memory of a document that nobody has open. It keeps the newest ones, which are not counted: 15,000 others come before',
    not: 'opening them again. What the store has not written to its tables yet makes the value unsteady by about 0.3 KB. The other servers have no such option',
    environment: { SYNCLINE_MEMORY_MIB: '128' },
    steps: [{ load: 'evicted', options: { filling: [15000, 15000, 20], documents: [30000, 10000, 20], rest: [1, 1, 0.1] } }],
    figures: [
      less('kb_per_evicted_document', 'KB a further document that was left', { ...watched, ...absolute })
    ]
  },
  {
    name: 'idle',
    title: '19,500 connections on 1,000 documents (fewer if the limit of open files is lower); each sends its awareness every 15 s',
    measures: 'the cost of connections whose users do nothing: opening them, keeping them, and about 24,000 deliveries of awareness a second',
    not: 'updates, or more connections than one process may have open files',
    steps: [{ load: 'idle', options: { documents: [1000, 300, 4], clients: [19500, 6000, 60], silence: [4, 2, 0.2], seconds: [15, 8, 1] } }],
    figures: [
      less('us_cpu_per_presence', 'CPU an awareness delivered, µs'),
      less('presence_ms_p50', 'awareness latency p50, ms', watched),
      less('presence_ms_p99', 'awareness latency p99, ms', watched),
      more('opened_per_s', 'connections opened a second', watched),
      less('resting_cores', 'cores at rest', { ...watched, ...absolute }),
      more('connections', 'connections', { ...watched, ...absolute }),
      less('kb_per_connection_all_in', 'KB a connection, with its share of the documents', absolute)
    ]
  },
  {
    name: 'load',
    title: '100 clients at once fetch a document of 300 KB that is in memory; three times',
    measures: 'encoding and sending a large state to many clients at the same moment',
    not: 'reading the document from disk',
    relay: ['--remember', '50'],
    steps: [{ load: 'load', options: { clients: [100, 100, 5], waves: [3, 3, 1], runs: [9000, 9000, 500] } }],
    figures: [
      less('all_synced_ms', 'until all are synced, ms'),
      less('us_cpu_per_client', 'CPU a client, µs')
    ]
  },
  {
    name: 'cold load',
    title: '100 clients at once fetch a document of 300 KB, right after the server was restarted; once',
    measures: 'what `load` measures, and reading the document from disk. The relay stores nothing, so it is not restarted',
    not: 'a slow disk: the file was written shortly before, so the kernel still has it in its cache',
    relay: ['--remember', '50'],
    restarts: true,
    steps: [
      { load: 'seed', options: { document: 'long', runs: [9000, 9000, 500] } },
      { load: 'load', options: { document: 'long', uploaded: 1, clients: [100, 100, 5], waves: 1, runs: [9000, 9000, 500] } }
    ],
    figures: [
      less('all_synced_ms', 'until all are synced, ms'),
      less('us_cpu_per_client', 'CPU a client, µs', watched)
    ]
  },
  {
    name: 'reconnect storm',
    title: '1,000 clients on 100 documents lose their connections and reconnect at once; each lacks 50 of 500 updates; three times',
    measures: 'the time until all clients are up to date again after a network failure',
    not: 'the random delay before reconnecting that published clients have',
    relay: ['--remember', '50'],
    steps: [{ load: 'storm', options: { documents: [100, 100, 4], clients: [10, 10, 3], updates: [500, 500, 60], lacking: 50, waves: [3, 3, 1] } }],
    figures: [
      less('all_synced_ms', 'until all are synced, ms'),
      less('us_cpu_per_client', 'CPU a client, µs')
    ]
  }
]

const kSizes = ['full', 'quick', 'tiny']

// The options of a step for a run of this size, as the generator takes them.
export const argumentsOf = (step, size) =>
  Object.entries(step.options).flatMap(([name, value]) =>
    [`--${name}`, String(Array.isArray(value) ? value[kSizes.indexOf(size)] : value)])
