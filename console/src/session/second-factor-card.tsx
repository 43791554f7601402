import {
  Alert,
  Badge,
  Button,
  Card,
  Group,
  Modal,
  SimpleGrid,
  Stack,
  Text,
  Title,
} from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { answered, api } from '../api/client.js';
import { Fact } from '../parts/fact.js';
import { Time } from '../parts/time.js';
import { ProofForm } from './proof-form.js';
import { onlyByItsButtons } from '../parts/dialog-end.js';
import { RecoveryCodes } from './recovery-codes.js';
import { SecondFactorSetUp } from './second-factor-set-up.js';
import { useSecondFactorChanged, type SecondFactor } from './second-factor.js';

/** Fewer than so many are soon none. */
const fewCodes = 3;

export function SecondFactorCard({ factor }: { factor: SecondFactor }) {
  const [isTurningOn, { open, close }] = useDisclosure();
  const changed = useSecondFactorChanged();
  /** However it ends: it may be on. */
  function end(): void {
    close();
    void changed();
  }
  return (
    <Card withBorder>
      <Group justify="space-between" mb="sm">
        <Title order={2} fz="h4">
          Second factor
        </Title>
        <Badge variant="light" color={factor.isOn ? 'green' : 'gray'} tt="none">
          {factor.isOn ? 'on' : 'off'}
        </Badge>
      </Group>
      {factor.isOn ? <TurnedOn factor={factor} /> : <TurnedOff onTurnOn={open} />}
      {/* It stays open over either: once it is on, there are recovery codes to keep. */}
      <Modal
        opened={isTurningOn}
        onClose={end}
        title="Turn on the second factor"
        size="lg"
        {...onlyByItsButtons}
      >
        <SecondFactorSetUp onDone={end} />
      </Modal>
    </Card>
  );
}

function TurnedOff({ onTurnOn }: { onTurnOn: () => void }) {
  return (
    <Stack align="flex-start">
      <Text>
        A password can be guessed, or given away by another site. With a second factor signing in
        also asks for a code that an authenticator app on your phone shows, another every 30
        seconds.
      </Text>
      <Button onClick={onTurnOn}>Turn on…</Button>
    </Stack>
  );
}

function TurnedOn({ factor }: { factor: SecondFactor }) {
  const [asked, setAsked] = useState<'codes' | 'off' | null>(null);
  const close = () => setAsked(null);
  return (
    <Stack>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Fact label="Asked for since">
          {factor.turnedOnAt !== null && <Time at={factor.turnedOnAt} />}
        </Fact>
        <Fact label="Recovery codes left">{factor.recoveryCodesLeft}</Fact>
      </SimpleGrid>
      {factor.recoveryCodesLeft < fewCodes && (
        <Alert color="yellow" title="Few recovery codes are left">
          Without one, and without your phone, an admin has to reset the second factor for you.
        </Alert>
      )}
      <Group>
        <Button variant="default" onClick={() => setAsked('codes')}>
          New recovery codes…
        </Button>
        <Button variant="subtle" color="red" onClick={() => setAsked('off')}>
          Turn off…
        </Button>
      </Group>
      <Modal
        opened={asked === 'codes'}
        onClose={close}
        title="New recovery codes"
        {...onlyByItsButtons}
      >
        <NewRecoveryCodes onDone={close} />
      </Modal>
      <Modal opened={asked === 'off'} onClose={close} title="Turn off the second factor">
        <TurnOff onDone={close} />
      </Modal>
    </Stack>
  );
}

function NewRecoveryCodes({ onDone }: { onDone: () => void }) {
  const changed = useSecondFactorChanged();
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  if (codes !== null) return <RecoveryCodes codes={codes} onDone={onDone} />;
  return (
    <ProofForm
      button="Make them"
      ask={async (body) => {
        const made = await answered(api.POST('/v1/session/second-factor/recovery-codes', { body }));
        setCodes(made.recoveryCodes);
        await changed();
      }}
      onNo={onDone}
    >
      Those that you have now work no longer as soon as there are new ones.
    </ProofForm>
  );
}

function TurnOff({ onDone }: { onDone: () => void }) {
  const changed = useSecondFactorChanged();
  return (
    <ProofForm
      button="Turn off"
      color="red"
      ask={async (body) => {
        await answered(api.POST('/v1/session/second-factor/turn-off', { body }));
        await changed();
        notifications.show({ message: 'Your password is enough again.', color: 'green' });
      }}
      onNo={onDone}
    >
      Your password alone opens your accounts again. You are signed out everywhere else.
    </ProofForm>
  );
}
