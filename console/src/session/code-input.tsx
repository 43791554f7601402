import { Text, TextInput, type TextInputProps } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { TextButton } from '../parts/text-button.js';

/** Where somebody types what their authenticator app shows, which a browser or a phone may fill in. */
export function CodeInput({ label = 'Code of the app', ...props }: TextInputProps) {
  return (
    <TextInput
      label={label}
      autoComplete="one-time-code"
      inputMode="numeric"
      maxLength={50}
      spellCheck={false}
      autoCapitalize="off"
      required
      {...props}
    />
  );
}

/** For the same, or a code that stands in for the app: those have letters as well. */
export function AnyCodeInput(props: TextInputProps) {
  const [isLost, { toggle }] = useDisclosure();
  return (
    <div>
      {isLost ? (
        <CodeInput label="Recovery code" inputMode="text" autoComplete="off" {...props} />
      ) : (
        <CodeInput {...props} />
      )}
      <Text fz="sm" mt={4}>
        <TextButton onClick={toggle}>
          {isLost ? 'Use the authenticator app' : 'Use a recovery code'}
        </TextButton>
      </Text>
    </div>
  );
}
