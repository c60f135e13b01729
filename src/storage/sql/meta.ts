import type { Storage } from '../../core/storage.ts'
import type { Connection } from '../connection.ts'

export function meta({ db }: Connection): Storage['meta'] {
  const get = async (key: string) => (await db.selectFrom('meta').select('value').where('key', '=', key).executeTakeFirst())?.value
  return {
    get,
    async putIfAbsent(key, value) {
      const insert = db
        .insertInto('meta')
        .values({ key, value })
        .onConflict((conflict) => conflict.doNothing())
      await insert.execute()
      return (await get(key)) ?? value
    },
  }
}
