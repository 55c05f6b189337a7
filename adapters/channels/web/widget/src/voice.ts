import { button, h, icon } from "./dom";
import type { Kit } from "./kit";
import type { WriteTexts } from "./write-texts";

const MICROPHONE = "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3M5 11a7 7 0 0 0 14 0M12 18v3";
const BIN = "M5 7h14M10 7V4h4v3M7 7l1 13h8l1-13";
const SEND = "M12 19V5M6 11l6-6 6 6";
const LONGEST_MS = 300_000;

function canRecord(): boolean {
  return typeof MediaRecorder === "function" && !!navigator.mediaDevices;
}

// How loud it is, from 0 to 1.
function createMeter(stream: MediaStream, show: (level: number) => void): () => void {
  const audio = new AudioContext();
  const analyser = audio.createAnalyser();
  const samples = new Uint8Array(analyser.fftSize);
  let frame = requestAnimationFrame(measure);
  audio.createMediaStreamSource(stream).connect(analyser);

  function measure(): void {
    analyser.getByteTimeDomainData(samples);
    show(Math.max(...samples.map((sample) => Math.abs(sample - 128))) / 128);
    frame = requestAnimationFrame(measure);
  }

  return () => {
    cancelAnimationFrame(frame);
    void audio.close();
  };
}

function minutes(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${`${seconds % 60}`.padStart(2, "0")}`;
}

// A voice message: recorded in place of the text, and sent as a file.
export function createVoice(kit: Kit, texts: WriteTexts, take: (file: File) => void) {
  const { bar, element } = kit.composer;
  const mic = button("record", "icon", icon(MICROPHONE), () => void record());
  mic.hidden = true;
  bar.querySelector("textarea")!.after(mic);

  async function record(): Promise<void> {
    let stream: MediaStream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ audio: true });
    } catch {
      return kit.tell(texts.noMicrophone);
    }
    run(stream);
  }

  function run(stream: MediaStream): void {
    const recorder = new MediaRecorder(stream);
    const pieces: Blob[] = [];
    const began = Date.now();
    const level = h("span", "level");
    const time = h("span", "size", ["0:00"]);
    const label = h("span", "sr", [texts.recording], { role: "status" });
    const discard = button("cancelRecording", "icon", icon(BIN), () => finish(false));
    const send = button("sendRecording", "round accent", icon(SEND), () => finish(true));
    const meter = h("span", "meter", [level]);
    const box = h("div", "bar voice", [discard, label, meter, time, send]);
    discard.title = texts.cancelRecording;
    send.title = texts.sendRecording;
    const stopMeter = createMeter(stream, (share) => {
      level.style.transform = `scaleX(${Math.min(1, share * 2)})`;
      time.textContent = minutes(Date.now() - began);
    });
    const longest = setTimeout(() => finish(true), LONGEST_MS);

    function finish(isSent: boolean): void {
      clearTimeout(longest);
      stopMeter();
      recorder.onstop = () => {
        for (const track of stream.getTracks()) track.stop();
        if (isSent) take(fileOf(pieces, recorder.mimeType));
      };
      recorder.stop();
      box.remove();
      bar.hidden = false;
      mic.focus();
    }

    recorder.ondataavailable = ({ data }) => pieces.push(data);
    recorder.start();
    bar.hidden = true;
    element.append(box);
    send.focus();
  }

  return {
    allow(isAllowed: boolean): void {
      mic.hidden = !isAllowed || !canRecord();
      mic.title = texts.record;
    },
  };
}

function fileOf(pieces: readonly Blob[], mimeType: string): File {
  const type = mimeType.split(";")[0] || "audio/webm";
  const ending = type.split("/")[1]!;
  return new File([...pieces], `voice.${ending}`, { type });
}
