// What Bluesky's server asks of better-sqlite3, by the SQLite that Node brings: nothing has to be compiled for tests.
import { DatabaseSync } from 'node:sqlite'

class Statement {
  constructor(prepared) {
    this.prepared = prepared
    this.reader = prepared.columns().length > 0
  }

  all(values) {
    return this.prepared.all(...values)
  }

  run(values) {
    return this.prepared.run(...values)
  }

  iterate(values) {
    return this.prepared.iterate(...values)
  }
}

export default class Database {
  constructor(place) {
    this.file = new DatabaseSync(place)
  }

  prepare(words) {
    return new Statement(this.file.prepare(words))
  }

  pragma(words) {
    this.file.exec(`PRAGMA ${words}`)
  }

  close() {
    this.file.close()
  }
}
