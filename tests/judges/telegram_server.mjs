// What does as Telegram does, for tests: node telegram_server.mjs PORT. It answers with milliseconds where Telegram has
// seconds, and deletes with `null` where Telegram says `true`; it knows no pictures.
// Says "ready" when it is, and ends with its standard input.
import TelegramServer from 'telegram-test-api'

await new TelegramServer({ port: Number(process.argv[2]), host: '127.0.0.1' }).start()
console.log('ready')
process.stdin.resume().on('end', () => process.exit())
