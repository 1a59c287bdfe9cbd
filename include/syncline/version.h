// The version of Syncline. It is written only here; the build reads this header.
//
// Semantic versioning: before 1.0, a minor release may change the API. The formats on disk and on
// the wire have versions of their own, which do not depend on these numbers.

#pragma once

#define SYNCLINE_VERSION_MAJOR 0
#define SYNCLINE_VERSION_MINOR 1
#define SYNCLINE_VERSION_PATCH 0
#define SYNCLINE_VERSION_STRING "0.1.0"
