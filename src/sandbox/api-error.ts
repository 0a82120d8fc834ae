/** A refusal as the provider words it: a status and one of its several error bodies. */
export class ApiError extends Error {
  readonly status: number;
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    super(`refused with ${status}`);
    this.status = status;
    this.body = body;
  }
}

/** `{message}` */
export function refused(status: number, message: string): ApiError {
  return new ApiError(status, { message });
}

/** `{status: false, message}` */
export function refusedWithFlag(status: number, message: string): ApiError {
  return new ApiError(status, { status: false, message });
}

/** 422 with `{message, errors}`; the message repeats the first text. */
export class FieldErrors {
  readonly #errors: Record<string, string[]> = {};

  add(field: string, text: string): void {
    const texts = this.#errors[field] ?? [];
    texts.push(text);
    this.#errors[field] = texts;
  }

  required(field: string): void {
    this.add(field, `The ${labelOf(field)} field is required.`);
  }

  prohibited(field: string): void {
    this.add(field, `The ${labelOf(field)} field is prohibited.`);
  }

  selected(field: string): void {
    this.add(field, `The selected ${labelOf(field)} is invalid.`);
  }

  format(field: string): void {
    this.add(field, `The ${labelOf(field)} field format is invalid.`);
  }

  throwIfAny(): void {
    const first = Object.values(this.#errors)[0]?.[0];
    if (first !== undefined) throw new ApiError(422, { message: first, errors: this.#errors });
  }
}

function labelOf(field: string): string {
  return field.replaceAll("_", " ");
}
