import type { Kit } from "./kit";
import type { FileLink } from "./wire";

export interface Upload {
  readonly done: Promise<FileLink>;
  cancel(): void;
}

// Uploads a file; what refuses it is raised with the gateway's words, or with none.
export function upload(
  file: File,
  { session }: Kit,
  progress: (share: number) => void,
): Upload {
  // fetch does not tell how far an upload has come.
  const request = new XMLHttpRequest();
  let isCancelled = false;

  async function send(): Promise<FileLink> {
    const { url, token } = await session.upload();
    if (isCancelled) throw new Error("");
    const body = new FormData();
    body.append("token", token);
    body.append("file", file, file.name);
    return new Promise((resolve, reject) => {
      request.open("POST", url);
      request.responseType = "json";
      request.upload.onprogress = ({ loaded, total }) => progress(total ? loaded / total : 0);
      request.onload = () => {
        if (request.status < 300) resolve(request.response as FileLink);
        else reject(new Error((request.response as { message?: string } | null)?.message));
      };
      request.onerror = request.onabort = () => reject(new Error(""));
      request.send(body);
    });
  }

  return {
    done: send(),
    cancel() {
      isCancelled = true;
      request.abort();
    },
  };
}
