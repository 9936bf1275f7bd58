import { textHeaders } from '../answer.ts'
import type { Routes } from '../route.ts'

/** Figures for Prometheus. On loopback they are open to a scraper; an address that others reach asks for a right. */
export const routes: Routes = ({ metrics, isLocal }) =>
  metrics === null
    ? []
    : [
        {
          method: 'GET',
          path: '/metrics',
          right: isLocal ? 'public' : 'status:read',
          summary: 'What is measured, in the text format of Prometheus.',
          answers: { 200: 'text/plain; version=0.0.4' },
          async serve(_request, reply) {
            const { contentType, render } = metrics()
            return reply.headers({ ...textHeaders, 'content-type': contentType }).send(await render())
          },
        },
      ]
