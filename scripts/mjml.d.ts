/** The part of the mail layout compiler that we use; the package brings no types. */
declare module 'mjml' {
  interface Compiled {
    readonly html: string
    readonly errors: readonly { readonly message: string; readonly line: number; readonly tagName: string }[]
  }
  interface CompileOptions {
    /** Web fonts by family, each with its URL. */
    readonly fonts: Readonly<Record<string, string>>
    /** `soft` lists what is wrong, and compiles all the same. */
    readonly validationLevel: 'soft'
    readonly keepComments: boolean
    /** Whether `mj-include` is left alone. */
    readonly ignoreIncludes: boolean
  }
  function compile(source: string, options: CompileOptions): Promise<Compiled>

  export = compile
}
