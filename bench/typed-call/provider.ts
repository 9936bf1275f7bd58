// The provider that both sides call: a process of its own, so that its work is not counted.
import { createServer } from 'node:http'
import { answer } from './order.ts'

const body = JSON.stringify(answer)

const server = createServer({ keepAliveTimeout: 60_000 }, (request, response) => {
  request.resume()
  request.on('end', () => {
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) })
    response.end(body)
  })
})
server.listen(0, '127.0.0.1', () => process.send?.(server.address()))
process.on('disconnect', () => process.exit())
