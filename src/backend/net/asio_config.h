// Must be included before any Asio header, by the few sources that use Asio.
#pragma once

// Each io_context here is run by one thread and takes work from other threads under its mutex. So
// the fences around completion handlers are redundant, and ThreadSanitizer does not understand
// them.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK
