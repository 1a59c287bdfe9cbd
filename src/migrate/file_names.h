// Names of objects as paths of files, and back.
//
// `syncline export --yjs` writes one file for each object, and an import must find the same names again. So a path has
// one name and a name has one path:
//
//   - the slashes of a name separate folders, and the file has the extension ".yjs";
//   - of a segment, letters, digits, characters outside ASCII, and blank - _ + = , ~ @ . ( ) are kept; every other byte
//     is "%" and two hex digits; so is a dot at the beginning and a blank or dot at the end;
//   - an empty segment is "%00", which no name contains;
//   - a segment that is too long for a file system is cut; each part but the last ends with "%", and is a folder.
//
// "a/b: c" is "a/b%3A c.yjs". File systems that do not tell capital letters from small ones can have two names at one
// place; the export then refuses the second, because its file is there.
//
// Pure functions.
#pragma once

#include <string>
#include <string_view>

namespace syncline::migrate {

// The path of an object's file, relative to the folder of the export.
std::string file_of_object(std::string_view object);

// The name for a path below an imported folder: without its extension, if it is one that files of updates have (.yjs
// .ydoc .update .bin), and without the escapes above. A path whose "%" is no escape keeps it, because other programs
// have written it.
std::string object_of_file(std::string_view path);

}  // namespace syncline::migrate
