// What vitest runs for conformance.test.mjs: the published suite, against the server that is named.
import { runConformanceTests } from '@durable-streams/server-conformance-tests';

runConformanceTests({ baseUrl: process.env.CONFORMANCE_TEST_URL });
