/** The echo task as workerpool registers it. */

import { worker } from "workerpool";

worker({ echo: (input: unknown) => input });
