import { Alert, Button, Divider } from '@mantine/core';
import { IconFingerprint } from '@tabler/icons-react';
import { useMutation, useQuery } from '@tanstack/react-query';
import { canUsePasskeys, enterWithPasskey, passkeyOriginQuery } from './passkeys.js';

/** A way in without a password, where there is one. */
export function PasskeySignIn({ onSignedIn }: { onSignedIn: () => Promise<void> }) {
  const origin = useQuery(passkeyOriginQuery);
  const enter = useMutation({
    mutationFn: enterWithPasskey,
    onSuccess: async (isIn) => {
      if (isIn) await onSignedIn();
    },
  });
  if (!canUsePasskeys(origin.data)) return null;
  return (
    <>
      <Divider label="or" />
      {enter.error && (
        <Alert color="red" role="alert" title="You are not signed in">
          {enter.error.message}
        </Alert>
      )}
      <Button
        variant="default"
        leftSection={<IconFingerprint size={18} aria-hidden />}
        loading={enter.isPending}
        onClick={() => enter.mutate()}
      >
        Sign in with a passkey
      </Button>
    </>
  );
}
