// The version of Syncline: the one place where it is written; the build reads it from here.
//
// Semantic versioning: before 1.0 a minor release may break the API; what is written to disk or wire
// carries versions of its own and is not tied to these numbers.

#pragma once

#define SYNCLINE_VERSION_MAJOR 0
#define SYNCLINE_VERSION_MINOR 1
#define SYNCLINE_VERSION_PATCH 0
#define SYNCLINE_VERSION_STRING "0.1.0"
