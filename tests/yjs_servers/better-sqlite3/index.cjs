// SQLite itself, as WebAssembly, with the interface of better-sqlite3 as far as @hocuspocus/extension-sqlite uses it.

const { Database } = require('node-sqlite3-wasm');

// { name: 1 } as { '$name': 1 }
const named = (values) => Object.fromEntries(Object.entries(values).map(([name, value]) => [`$${name}`, value]));

module.exports = class BetterSqlite3 {
  constructor(file) {
    this.database = new Database(file);
  }

  exec(sql) {
    this.database.exec(sql);
  }

  prepare(sql) {
    return {
      get: (values) => this.database.get(sql, named(values)) ?? undefined,
      run: (values) => this.database.run(sql, named(values)),
    };
  }
};
