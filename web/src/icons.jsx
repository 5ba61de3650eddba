const Icon = (props) => (
  <svg
    viewBox="0 0 24 24"
    width="1em"
    height="1em"
    fill="none"
    stroke="currentColor"
    strokeWidth="1.5"
    strokeLinecap="round"
    strokeLinejoin="round"
    aria-hidden="true"
    {...props}
  />
);

export const SamplesIcon = () => (
  <Icon>
    <path d="M5 3h14v18H5zM9 8h6M9 12h6M9 16h3" />
  </Icon>
);

export const TableIcon = () => (
  <Icon>
    <path d="M3 4h18v16H3zM3 9h18M9 9v11M15 16v1M18 13v4M12 14v3" />
  </Icon>
);

export const ExplainIcon = () => (
  <Icon>
    <path d="M4 4v14h5M4 9h5M12 9h8M12 18h8M12 4h4" />
  </Icon>
);

export const KeyIcon = () => (
  <Icon className="graphiql-toolbar-icon">
    <circle cx="8" cy="15" r="4" />
    <path d="M11 12l9-9M16 7l3 3M13.5 9.5l2 2" />
  </Icon>
);
