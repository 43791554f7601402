// Who and what is in the pictures: a company that shares its CRM, with names as long as they come.

/** Those whose programs call all the time, so often an hour. */
export const vendors = [
  { name: 'Newsletter', scopes: ['contacts.read', 'email.single_send'], ip: '203.0.113.10', agent: 'newsletter/4.2', perHour: 3 },
  { name: 'Warehouse sync', scopes: ['orders.read', 'contacts.read', 'contacts.write'], ip: '198.51.100.24', agent: 'python-requests/2.32.3', perHour: 4 },
  { name: 'Accounting export (nightly)', scopes: ['orders.read'], ip: '192.0.2.77', agent: 'curl/8.9.1', perHour: 1 },
  { name: 'Support desk widget that shows the customer beside the conversation, in all of our four brands', scopes: ['contacts.read', 'orders.read'], ip: '2001:db8:40::17', agent: 'support-desk/11.0 (+https://desk.example)', perHour: 2 },
  { name: 'Loyalty cards', scopes: ['contacts.read', 'contacts.write', 'orders.read'], ip: '203.0.113.44', agent: 'loyalty/2.0', perHour: 1 },
]; // prettier-ignore

/** What the vendors’ rotations are, by when they are opened and how they end; hours and seconds from now. */
export const rotations = [
  { name: 'Warehouse sync', openedHoursAgo: 30, graceSeconds: 7 * 86_400, movesAfterHours: 0, isSplit: true },
  { name: 'Loyalty cards', openedHoursAgo: 60, graceSeconds: 9 * 86_400, movesAfterHours: 4 },
  { name: 'Newsletter', openedHoursAgo: 50, graceSeconds: 3 * 86_400, movesAfterHours: 2, ends: 'finish', endsHoursAgo: 20 },
  { name: 'Accounting export (nightly)', openedHoursAgo: 40, graceSeconds: 86_400, ends: 'cancel', endsHoursAgo: 36 },
]; // prettier-ignore

/** Keys that hardly anybody calls with, and what was done to them. */
export const quietKeys = [
  { name: 'Staging', environment: 'staging', scopes: ['contacts.read'], expiresInDays: 20 },
  { name: 'Trade fair app', scopes: ['contacts.read'], change: 'suspend' },
  { name: 'Agency of last year', scopes: ['contacts.read', 'orders.read'], change: 'revoke' },
  { name: 'Voucher campaign', scopes: ['orders.read'], expiresInDays: -1 },
];

export const people = [
  { name: 'Aoife Byrne', email: 'aoife@rollingdonut.example', role: 'admin' },
  { name: 'Kofi Mensah', email: 'kofi@rollingdonut.example', role: 'developer' },
  { name: 'Ines Vidal', email: 'ines@auditors.example', role: 'auditor' },
  { name: 'Maximiliane Freifrau von Hohenlohe-Schillingsfürst', email: 'maximiliane.von.hohenlohe-schillingsfuerst@finance.rollingdonut.example', role: 'auditor' },
]; // prettier-ignore

export const invited = [
  { email: 'sam@rollingdonut.example', role: 'developer' },
  { email: 'new.colleague.of.the.night.shift@rollingdonut.example', role: 'auditor' },
];

/** What ours say of the personal data behind the scopes of the CRM. */
export const scopes = {
  'contacts.read': { description: 'Read customers and how to reach them', sensitive: false, dataCategories: ['contact details'] },
  'contacts.write': { description: 'Add and change customers', sensitive: true, dataCategories: ['contact details'] },
  'orders.read': { description: 'Read who ordered what', sensitive: false, dataCategories: ['contact details', 'purchases'] },
  'billing.invoices.read': { description: 'Read invoices', sensitive: true, dataCategories: ['payment details'] },
}; // prettier-ignore

export const billing = {
  service: {
    upstream: 'https://billing.internal.example:8443/api',
    mount: '/billing',
    open: false,
    credential: { in: 'header', name: 'X-Api-Key', value: 'made up for the pictures' },
  },
  routes: [
    { method: 'GET', path: '/invoices', scopeSets: [['billing.invoices.read']] },
    {
      method: 'GET',
      path: '/customers/{customerId}/subscriptions/{subscriptionId}/invoices/{invoiceId}/lines',
      scopeSets: [['billing.invoices.read', 'contacts.read'], ['orders.read']],
    },
    { method: 'GET', path: '/status', scopeSets: [], public: true },
  ],
};
