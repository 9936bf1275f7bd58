import { operation } from 'tenon'
import type { z } from 'zod'
import * as objects from './objects.ts'
import * as requests from './requests.ts'

type Described = { readonly description?: string }

const get = <Input extends z.ZodType, Output extends z.ZodType>(
  path: string,
  input: Input,
  output: Output,
  more: Described = {},
) => operation({ method: 'GET', path, body: 'form', input, output, ...more })
const post = <Input extends z.ZodType, Output extends z.ZodType>(
  path: string,
  input: Input,
  output: Output,
  more: Described = {},
) => operation({ method: 'POST', path, body: 'form', input, output, ...more })
const remove = <Input extends z.ZodType, Output extends z.ZodType>(path: string, input: Input, output: Output) =>
  operation({ method: 'DELETE', path, input, output })

const { byId, list, search, metadataChange } = requests
const { paymentIntent, charge, refund, customer, paymentMethod, dispute, webhookEndpoint, event } = objects
const { deleted, foundOf, listOf } = objects

const intents = '/v1/payment_intents'

export const operations = {
  createPaymentIntent: post(intents, requests.newPaymentIntent, paymentIntent),
  retrievePaymentIntent: get(`${intents}/{id}`, byId, paymentIntent),
  updatePaymentIntent: post(`${intents}/{id}`, requests.paymentIntentChange, paymentIntent),
  listPaymentIntents: get(intents, requests.paymentIntentQuery, listOf(paymentIntent)),
  searchPaymentIntents: get(`${intents}/search`, search, foundOf(paymentIntent)),
  confirmPaymentIntent: post(`${intents}/{id}/confirm`, requests.confirmation, paymentIntent),
  capturePaymentIntent: post(`${intents}/{id}/capture`, requests.capture, paymentIntent, {
    description: 'Takes the money of a payment whose capture method is manual',
  }),
  cancelPaymentIntent: post(`${intents}/{id}/cancel`, requests.cancellation, paymentIntent),

  retrieveCharge: get('/v1/charges/{id}', byId, charge),
  listCharges: get('/v1/charges', requests.chargeQuery, listOf(charge)),
  searchCharges: get('/v1/charges/search', search, foundOf(charge)),

  createRefund: post('/v1/refunds', requests.newRefund, refund, {
    description: 'Gives back a payment, all of it where no amount is given',
  }),
  retrieveRefund: get('/v1/refunds/{id}', byId, refund),
  updateRefund: post('/v1/refunds/{id}', metadataChange, refund),
  listRefunds: get('/v1/refunds', requests.refundQuery, listOf(refund)),

  createCustomer: post('/v1/customers', requests.newCustomer, customer),
  retrieveCustomer: get('/v1/customers/{id}', byId, customer),
  updateCustomer: post('/v1/customers/{id}', requests.customerChange, customer),
  deleteCustomer: remove('/v1/customers/{id}', byId, deleted),
  listCustomers: get('/v1/customers', requests.customerQuery, listOf(customer)),
  searchCustomers: get('/v1/customers/search', search, foundOf(customer)),

  createPaymentMethod: post('/v1/payment_methods', requests.newPaymentMethod, paymentMethod),
  retrievePaymentMethod: get('/v1/payment_methods/{id}', byId, paymentMethod),
  listPaymentMethods: get('/v1/payment_methods', requests.paymentMethodQuery, listOf(paymentMethod)),
  attachPaymentMethod: post('/v1/payment_methods/{id}/attach', requests.attachment, paymentMethod),
  detachPaymentMethod: post('/v1/payment_methods/{id}/detach', byId, paymentMethod),

  retrieveDispute: get('/v1/disputes/{id}', byId, dispute),
  updateDispute: post('/v1/disputes/{id}', requests.disputeChange, dispute, {
    description: 'Adds evidence, and hands it to the bank unless `submit` is false',
  }),
  closeDispute: post('/v1/disputes/{id}/close', byId, dispute, { description: 'Accepts a dispute as lost' }),
  listDisputes: get('/v1/disputes', requests.disputeQuery, listOf(dispute)),

  createWebhookEndpoint: post('/v1/webhook_endpoints', requests.newWebhookEndpoint, webhookEndpoint),
  retrieveWebhookEndpoint: get('/v1/webhook_endpoints/{id}', byId, webhookEndpoint),
  updateWebhookEndpoint: post('/v1/webhook_endpoints/{id}', requests.webhookEndpointChange, webhookEndpoint),
  deleteWebhookEndpoint: remove('/v1/webhook_endpoints/{id}', byId, deleted),
  listWebhookEndpoints: get('/v1/webhook_endpoints', list, listOf(webhookEndpoint)),

  retrieveAccount: get('/v1/account', requests.nothing, objects.account, { description: 'Whose key it is' }),

  retrieveEvent: get('/v1/events/{id}', byId, event),
  listEvents: get('/v1/events', requests.eventQuery, listOf(event), {
    description: 'Events of the last 30 days, the newest first',
  }),
}
