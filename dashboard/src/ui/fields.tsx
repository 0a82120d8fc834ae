import type { ReactNode } from "react";
import {
  Button,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  Text,
  TextField,
} from "react-aria-components";

interface TextInputProps {
  label: string;
  value: string;
  onChange(value: string): void;
  error?: string | null | undefined;
  hint?: ReactNode;
  type?: "text" | "email" | "tel" | "date" | "password" | "search";
  isRequired?: boolean;
  isDisabled?: boolean;
  inputMode?: "decimal" | "numeric" | "text";
  autoComplete?: string;
  placeholder?: string;
  onBlur?(): void;
}

export function TextInput(props: TextInputProps) {
  const { label, hint, error, inputMode, placeholder, autoComplete = "off", ...field } = props;
  return (
    <TextField
      className="field"
      autoComplete={autoComplete}
      validationBehavior="aria"
      isInvalid={Boolean(error)}
      {...field}
    >
      <Label>{label}</Label>
      <Input className="input" inputMode={inputMode} placeholder={placeholder} />
      {hint && !error && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </TextField>
  );
}

interface SelectInputProps<Key extends string> {
  label: string;
  value: Key | null;
  options: readonly { id: Key; name: string }[];
  onChange(value: NoInfer<Key>): void;
  error?: string | null | undefined;
  placeholder?: string;
  isDisabled?: boolean;
}

export function SelectInput<Key extends string>(props: SelectInputProps<Key>) {
  const { label, value, options, onChange, error, placeholder = "Choose…", isDisabled = false } = props;
  return (
    <Select
      className="field"
      value={value}
      onChange={(key) => key !== null && onChange(key as Key)}
      isInvalid={Boolean(error)}
      isDisabled={isDisabled}
      placeholder={placeholder}
      validationBehavior="aria"
    >
      <Label>{label}</Label>
      <Button className="input select-button">
        <SelectValue />
        <span className="chevron" aria-hidden="true" />
      </Button>
      <FieldError className="field-error">{error}</FieldError>
      <Popover className="popover">
        <ListBox className="listbox" items={options}>
          {({ id, name }) => (
            <ListBoxItem className="option" id={id} textValue={name}>
              {name}
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </Select>
  );
}
