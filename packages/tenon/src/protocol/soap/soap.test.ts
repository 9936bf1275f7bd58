import { protocolSuite } from '../protocol.suite.ts'
import { erp, erpCases } from './erp.fixture.ts'
import { protocol } from './soap.ts'

protocolSuite('soap', {
  protocol,
  document: { location: 'erp.wsdl', text: erp },
  cases: erpCases,
  strangers: [
    '',
    'type Query { a: Int }',
    '{"openapi": "3.1.0"}',
    '<schema xmlns="http://www.w3.org/2001/XMLSchema"/>',
  ],
  broken: [
    '',
    '<definitions',
    '<definitions xmlns="http://schemas.xmlsoap.org/wsdl/"/>',
    '<definitions xmlns="urn:other"/>',
    `<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${erp}`,
    '<a>'.repeat(5000),
    erp.replace('element="t:OrderNumber"', 'type="xsd:long"'),
    erp.replace('message="e:FindIn"', 'message="e:Nobody"'),
    erp.replace('<operation name="FindOrder"><input', '<operation name="Other"><input'),
    erp.replace('https://erp.example', 'gopher://erp.example'),
    erp.replace(
      '<xsd:element name="card" type="xsd:string"/>',
      '<xsd:group ref="t:Payment"/><xsd:group ref="t:Payment"/>',
    ),
  ],
})
