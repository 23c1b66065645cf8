// Bluesky's own server (PDS) with a directory of accounts (PLC), for tests: node bluesky_server.mjs FOLDER PORT PORT
// Says "ready" when it is, and ends with its standard input.
import { randomBytes } from 'node:crypto'
import { registerHooks } from 'node:module'
import path from 'node:path'

registerHooks({
  resolve(name, context, next) {
    return next(name === 'better-sqlite3' ? new URL('bluesky_sqlite.mjs', import.meta.url).href : name, context)
  },
})
const { default: plc } = await import('@did-plc/server')
const { PDS } = await import('@atproto/pds')

const [folder, directoryPort, port] = process.argv.slice(2)
await plc.PlcServer.create({ db: plc.Database.mock(), port: Number(directoryPort) }).start()
const server = await PDS.fromEnv({
  devMode: true,
  hostname: 'localhost',
  port: Number(port),
  dataDirectory: folder,
  blobstoreDiskLocation: path.join(folder, 'blobs'),
  didPlcUrl: `http://localhost:${directoryPort}`,
  disableSsrfProtection: true,
  serviceHandleDomains: ['.test'],
  inviteRequired: false,
  rateLimitsEnabled: true,
  adminPassword: randomBytes(16).toString('hex'),
  jwtSecret: randomBytes(16).toString('hex'),
  plcRotationKeyK256PrivateKeyHex: randomBytes(32).toString('hex'),
  bskyAppViewUrl: 'https://appview.invalid',
  bskyAppViewDid: 'did:example:invalid',
})
await server.start()
console.log('ready')
process.stdin.resume().on('end', () => process.exit())
