// A provider that is down: it answers 500 to everything, and counts how often it is asked.
import { createServer } from 'node:http'

let asked = 0

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  asked += 1
  request.resume()
  request.on('end', () => response.writeHead(500, { 'content-length': 0 }).end())
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('message', () => {
  process.send?.({ asked })
  asked = 0
})
process.on('disconnect', () => process.exit())
