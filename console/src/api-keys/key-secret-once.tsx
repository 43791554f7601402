import { Card, Text, Title } from '@mantine/core';
import { Copyable, SecretOnce } from '../parts/secret-once.js';
import { useVisitor } from '../session/session.js';
import { useFirstCall } from './first-call.js';
import type { ApiKey } from './keys.js';

/** How a key is used, for whoever has its secret. */
export function CallWithKey({ apiKey: { scopes } }: { apiKey: Pick<ApiKey, 'scopes'> }) {
  const { url } = useFirstCall(scopes);
  return (
    <Card withBorder>
      <Title order={2} fz="h4" mb="sm">
        How to call with it
      </Title>
      <Copyable text={`curl -i -H 'Authorization: Bearer <secret>' '${url}'`} what="the command" />
    </Card>
  );
}

/** The new secret of a key, with a call to try it. */
export function KeySecretOnce({
  apiKey: { name, scopes },
  secret,
  onDone,
}: {
  apiKey: Pick<ApiKey, 'name' | 'scopes'>;
  secret: string | undefined;
  onDone: () => void;
}) {
  const { accessUrl } = useVisitor();
  const { url, opensWith } = useFirstCall(scopes);
  return (
    <SecretOnce name={name} secret={secret} onDone={onDone}>
      <Text fw={600}>Try it</Text>
      <Copyable text={`curl -i -H 'Authorization: Bearer ${secret}' '${url}'`} what="the command" />
      <Text fz="sm" c="dimmed">
        {opensWith === null
          ? 'It answers 200 with what this key may do.'
          : `The key may make this call by ${opensWith.join(', ')}.`}{' '}
        What it opens lies at {accessUrl}, each service below its own path.
      </Text>
    </SecretOnce>
  );
}
