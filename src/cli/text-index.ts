import { DatabaseSync } from 'node:sqlite'

/** Texts by keys, on the disk: as many as there may be, in little memory. */
export interface FileIndex {
  set(key: string, text: string): void
  get(key: string): string | undefined
  close(): void
}

/** Makes an index in a file without a name, which is gone when the index is closed or the process ends. */
export function openFileIndex(): FileIndex {
  const database = new DatabaseSync('')
  database.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -32768')
  database.exec('create table texts (key text primary key not null, text text not null) without rowid; begin')
  const insert = database.prepare('insert or replace into texts (key, text) values (?, ?)')
  const select = database.prepare('select text from texts where key = ?')
  return {
    set: (key, text) => void insert.run(key, text),
    get(key) {
      const row = select.get(key)
      return row ? String(row.text) : undefined
    },
    close: () => database.close(),
  }
}
