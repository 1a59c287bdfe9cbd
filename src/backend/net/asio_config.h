// Included before any Asio header, by the few sources that use Asio at all.
#pragma once

// Each io_context here is run by one thread and takes work from others under its mutex, which makes
// the fences around completion handlers redundant; ThreadSanitizer does not understand them.
#define BOOST_ASIO_DISABLE_FENCED_BLOCK
