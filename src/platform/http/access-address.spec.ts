import { describe, expect, it } from '@jest/globals';
import { AccessAddress } from './access-address.js';

describe('the address of the access listener', () => {
  it('is the one that it listens at, unless another was set', () => {
    const urlOf = (accessUrl: string | null) => {
      const address = new AccessAddress({ accessUrl });
      address.listensAt('http://127.0.0.1:8080');
      return address.url;
    };
    expect(urlOf(null)).toBe('http://127.0.0.1:8080');
    expect(urlOf('https://api.example.com')).toBe('https://api.example.com');
  });
});
