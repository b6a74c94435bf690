// The queue of analyses keeps itself up to date.

import { follow } from "./refresh";

void follow("queue", "queue-said", 3000);
