import type { Notifier } from "@fairlead/react";

// The page's data begin before the library that shows messages is there. A promise keeps their order.
const later = () => import("./toasts");

export const notify: Notifier = {
  loading: (notice) => void later().then(({ notify }) => notify.loading(notice)),
  success: (notice) => void later().then(({ notify }) => notify.success(notice)),
  error: (notice) => void later().then(({ notify }) => notify.error(notice)),
};
