import type { CodegenConfig } from "@graphql-codegen/cli";

// 由 SDL 与 src/ 中的查询生成 src/gql/：不访问网络，架构更新后重新生成即可发现不符之处。
const config: CodegenConfig = {
  schema: "../schema.graphqls",
  documents: ["src/*.ts"],
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false },
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
        // 十进制数以字符串传输，末尾的零有意义，不要转成 number。
        scalars: {
          Date: "string",
          DateTime: "string",
          Decimal: "string",
          JSON: "unknown",
          Upload: "Blob",
        },
      },
    },
  },
  importExtension: ".js",
};

export default config;
