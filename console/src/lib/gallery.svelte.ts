/** The collection in use and the people in it, shared by all pages. */
import type { Collection, EnrolledUser } from "../gen/facesvc/v1/gallery_service_pb";
import { gallery } from "./api";
import { isForbidden, isNotFound } from "./problem";

const PAGE_SIZE = 500;

class Gallery {
  collection = $state("default");
  collections = $state.raw<Collection[]>([]);
  people = $state.raw<EnrolledUser[]>([]);
  loaded = $state(false);
  /** Crops by user, from photos that this page saw itself; the service keeps none. */
  crops = $state<Record<string, string>>({});

  use(collection: string): void {
    this.collection = collection;
    this.people = [];
    this.loaded = false;
  }

  /** A key that opens some collections only may not list them: then their names are typed. */
  async loadCollections(): Promise<void> {
    try {
      this.collections = (await gallery.listCollections({})).collections;
    } catch (error) {
      if (!isForbidden(error)) throw error;
    }
  }

  /**
   * Load everybody, or whom conditions on metadata choose, page by page; `minVersion` is the version of a
   * write that must be seen.
   */
  async load(minVersion = 0, where: string[] = []): Promise<void> {
    const collection = this.collection;
    const people: EnrolledUser[] = [];
    try {
      let pageToken = "";
      do {
        const page = { collection, pageToken, pageSize: PAGE_SIZE, minVersion, where };
        const answer = await gallery.listGallery(page);
        people.push(...answer.users);
        pageToken = answer.nextPageToken;
      } while (pageToken);
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    if (collection !== this.collection) return;
    this.people = people;
    this.loaded = true;
  }

  cropOf(userId: string): string | undefined {
    return this.crops[`${this.collection}/${userId}`];
  }

  keepCrop(userId: string, url: string): void {
    this.crops[`${this.collection}/${userId}`] = url;
  }
}

export const people = new Gallery();
